#include "core/store/digest_at.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/data/dataset.h"
#include "core/store/location.h"
#include "core/sys/fs.h"
#include "core/sys/hash_file.h"

namespace mlctl {

namespace {

Result<std::string> folder_digest(const std::filesystem::path& folder, const Upkeep& upkeep) {
  const std::string made = finished_at(folder).document;
  for (const char* mark : {"dataset.json", "model.json"}) {
    if (!sys::exists(folder / mark) && made != mark) continue;
    const Result<> whole = check_whole(folder, mark, upkeep);
    if (whole) return sha256_file(folder / mark);
    if (whole.error().code != Exit::integrity) return fail(whole.error());
    return std::string(kDamagedDigest) + sentence(whole.error());
  }
  Sha256 digest;
  const std::vector<sys::Entry> entries = TRY(sys::list_files(folder));
  for (const sys::Entry& entry : entries)
    digest.update(fmt::format("{}\n{}\n", entry.path.string(), TRY(sha256_file(folder / entry.path))));
  return digest.hex();
}

}  // namespace

Result<std::string> digest_at(const std::string& path, const Upkeep& upkeep) {
  if (is_url(path) && !local_path(path)) return path;
  const std::filesystem::path place = parse_dataset_ref(TRY(local_path(path)).string()).folder;
  if (!sys::exists(place)) return std::string();
  return sys::is_folder(place) ? folder_digest(place, upkeep) : sha256_file(place);
}

}  // namespace mlctl
