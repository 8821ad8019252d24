#pragma once
// Where a command makes an output folder. For an object store that is a folder in the state folder, named by the
// URL, where the same command finds what it left; deliver() puts it in the store and removes it.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/store/transfer.h"
#include "core/store/workspace.h"
#include "core/sys/fs.h"

namespace mlctl {

struct OutputWish {
  std::string document;  // what the output is told by: "dataset.json", "model.json"
  bool overwrite = false;
  bool whole = false;  // what is there already is looked at in all its files
};

class StagedOutput {
 public:
  static Result<StagedOutput> open(const Workspace& workspace, const std::string& url_or_path,
                                   const OutputWish& wish);
  ~StagedOutput();  // leaves only what the same command can use
  StagedOutput(StagedOutput&&) = default;
  StagedOutput& operator=(StagedOutput&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // How what is there is told from what is damaged; with `verify` by every byte. Valid as long as this lives.
  Upkeep upkeep(bool verify) const;
  Result<> deliver();

 private:
  explicit StagedOutput(const Workspace& workspace) : workspace_(workspace) {}
  Result<> look();
  Result<> compare_stored(bool verify) const;
  TransferWatch quiet_watch() const;

  Workspace workspace_;
  std::filesystem::path path_;
  std::optional<Place> place_;
  OutputWish wish_;
  std::vector<sys::Lock> lock_;  // empty: moved from, or nothing is staged
};

}  // namespace mlctl
