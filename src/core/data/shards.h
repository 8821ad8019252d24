#pragma once
// A dataset's files, wherever they are: in a folder here, or in an object store (core/store/stored_shards.h).

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset.h"

namespace mlctl {

// `where` names the file in messages; the bytes last as long as the call.
using TakeShard = std::function<Result<>(const std::string& where, std::string_view bytes)>;

class Shards {
 public:
  virtual ~Shards() = default;
  virtual std::string name() const = 0;  // the dataset's, for messages
  virtual Result<Dataset> open() = 0;    // its dataset.json
  // As verify_dataset(), of what read() does not compare.
  virtual Result<> verify(const Dataset& dataset) = 0;
  // Shows files in the given order; take's error ends it.
  virtual Result<> read(const std::vector<std::string>& files, const TakeShard& take) = 0;
};

class ShardFolder : public Shards {
 public:
  explicit ShardFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string name() const override { return folder_.string(); }
  Result<Dataset> open() override { return open_dataset(folder_); }
  Result<> verify(const Dataset& dataset) override { return verify_dataset(folder_, dataset); }
  Result<> read(const std::vector<std::string>& files, const TakeShard& take) override;

 private:
  std::filesystem::path folder_;
};

}  // namespace mlctl
