// Archives of pictures: tar and zip, plain or packed.

#include "core/data/tar.h"
#include "core/ingest/image_openers.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

size_t count_members(std::string_view bytes) {
  size_t members = 0;
  (void)for_each_tar_member(bytes, "shard", [&](const TarMember& member) -> Result<> {
    fuzz::claim(
        member.bytes.empty() || (member.bytes.data() >= bytes.data() &&
                                 member.bytes.data() + member.bytes.size() <= bytes.data() + bytes.size()),
        "a member is a part of its archive");
    ++members;
    return {};
  });
  return members;
}

}  // namespace

FUZZ(input) {
  static const fuzz::ScratchFile scratch("pictures.tar");
  static const sys::StopFlag stop;
  static const IngestHost host{stop, [](const std::string&, const std::string&, uint64_t, uint64_t) {},
                               [](const std::string&) {}, [](const std::string&) {}};
  fuzz::claim(count_members(input) <= input.size() / 512, "a member takes a block");
  scratch.write(input);
  IngestRequest request;
  request.label = "dir";
  SplitRule split;
  const auto source = open_image_archive(scratch.path(), request, split, host);
  if (!source) return;
  for (int items = 0; items < 100; ++items) {
    const auto item = (*source)->next();
    if (!item || !*item) return;
    fuzz::claim((*item)->name.find("..") == std::string::npos || !(*item)->name.starts_with("../"),
                "a name stays inside its archive");
  }
}
