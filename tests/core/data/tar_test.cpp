#include "core/data/tar.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {
std::string sample_tar() {
  std::string archive;
  append_tar_member(archive, "000000.jpg", std::string(700, 'x'));
  append_tar_member(archive, "000000.cls", "3");
  append_tar_member(archive, "empty", "");
  end_tar(archive);
  return archive;
}

Result<> names_of(std::string_view archive, std::vector<std::string>& names) {
  return for_each_tar_member(archive, "a.tar", [&](const TarMember& member) -> Result<> {
    names.push_back(std::string(member.name) + ":" + std::to_string(member.bytes.size()));
    return {};
  });
}
}  // namespace

TEST_CASE("a written tar reads back") {
  std::vector<std::string> names;
  REQUIRE(names_of(sample_tar(), names).has_value());
  CHECK(names == std::vector<std::string>{"000000.jpg:700", "000000.cls:1", "empty:0"});
  CHECK(sample_tar().size() % 512 == 0);
}

TEST_CASE("a cut or changed tar is refused") {
  const std::string whole = sample_tar();
  std::vector<std::string> names;
  for (const size_t keep : {size_t{100}, size_t{512}, size_t{1000}, whole.size() - 1024}) {
    CAPTURE(keep);
    const auto read = names_of(std::string_view(whole).substr(0, keep), names);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Exit::integrity);
  }
  std::string changed = whole;
  changed[130] = '7';  // the size in the first header
  CHECK_FALSE(names_of(changed, names).has_value());
}
