#include "core/data/shards.h"

namespace mlctl {

namespace {
constexpr const char* kDocument = "dataset.json";
}

Result<Dataset> ShardFolder::open() {
  document_ = sys::identity_at(files_.folder() / kDocument);
  Dataset dataset = TRY(open_dataset(files_.folder()));
  listed_ = dataset.files.size();
  return dataset;
}

Result<> ShardFolder::verify(const Dataset& dataset) {
  if (seals_.hold(files_.folder())) return {};
  TRY(files_.compare(dataset.files));
  if (!document_ || dataset.files.size() != listed_) return {};  // only a part
  Seals::Files compared = files_.compared();
  compared[kDocument] = *document_;
  seals_.keep(files_.folder(), compared);
  return {};
}

Result<> ShardFolder::read(const std::vector<FileEntry>& files, const TakeShard& take) {
  for (const FileEntry& file : files) TRY(files_.read(file, take));
  return {};
}

Result<> verify_dataset(const std::filesystem::path& folder, const Dataset& dataset) {
  return CheckedFiles(folder, "dataset.json").compare(dataset.files);
}

}  // namespace mlctl
