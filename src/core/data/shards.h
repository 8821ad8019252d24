#pragma once
// A dataset's files, wherever they are: in a local folder, or in an object store
// (core/store/stored_shards.h). Bytes are handed out only after they were compared with what dataset.json
// lists.

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/output/checked_file.h"
#include "core/output/seals.h"

namespace mlctl {

class Shards {
 public:
  virtual ~Shards() = default;
  virtual std::string name() const = 0;  // the dataset's, for messages
  virtual Result<Dataset> open() = 0;    // its dataset.json
  // Every file that `dataset` lists is there as listed → else 10, before any of them is used.
  virtual Result<> verify(const Dataset& dataset) = 0;
  // Shows files in the given order, each compared with its entry first (→ 10); take's error ends it.
  virtual Result<> read(const std::vector<FileEntry>& files, const TakeShard& take) = 0;
};

class ShardFolder : public Shards {
 public:
  // With `seals`, verify() skips files that have not changed since they were last compared. read() always
  // compares.
  explicit ShardFolder(std::filesystem::path folder, Seals seals = {})
      : files_(std::move(folder), "dataset.json"), seals_(std::move(seals)) {}
  std::string name() const override { return files_.folder().string(); }
  Result<Dataset> open() override;
  Result<> verify(const Dataset& dataset) override;
  // Several may be read at once.
  Result<> read(const std::vector<FileEntry>& files, const TakeShard& take) override;

 private:
  CheckedFiles files_;
  Seals seals_;
  std::optional<sys::FileIdentity> document_;  // dataset.json as open() read it
  size_t listed_ = 0;                          // files in it
};

}  // namespace mlctl
