#pragma once
// Makes a command's output folder resumable and all-or-nothing. Work happens in OUTPUT.partial/ (locked),
// and each finished unit is committed to its journal; when all is done, the folder is renamed to OUTPUT.
// After kill -9 at any point, running the command again gives the same bytes. A folder that mlctl did not
// make is never replaced, whatever `overwrite` says. A damaged one that it made is not up to date; with
// `overwrite` it is made anew.
//
//   .OUTPUT.lock                   held by the process at work
//   OUTPUT.partial/.mlctl-journal  one line a record, "XXH3 JSON": the fingerprint, then {unit, result} …
//   .OUTPUT.mlctl-replaced         for an instant: the output that finish() is replacing

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/output/whole.h"
#include "core/sys/fs.h"

namespace mlctl {

enum class OutputState { fresh, resuming, up_to_date };

struct OutputRules {
  bool overwrite = false;
  // The file that tells what kind of output this is ("dataset.json", "model.json") and lists its files.
  // Only an OUTPUT of the same kind is replaced, so that no training wipes out its own dataset.
  std::string document{};
  Upkeep upkeep{};
};

class OutputFolder {
 public:
  // `fingerprint`: the hash of inputs + parameters + format version; a finished OUTPUT keeps it in
  // OUTPUT/.mlctl-fingerprint, which is not part of any digest. OUTPUT has the same fingerprint and is
  // whole → up_to_date; it has the same but is damaged → 10 unless `overwrite`; it has another → 6 unless
  // `overwrite`. OUTPUT.partial has the same fingerprint → resuming; it has another → started over. A
  // second process on the same OUTPUT gets 6.
  static Result<OutputFolder> open(const std::filesystem::path& output, const std::string& fingerprint,
                                   OutputRules rules);

  OutputState state() const { return state_; }
  // Write here. mlctl makes no links in this folder, so none is followed: whoever sent us the folder above
  // may have sent a link, too.
  const sys::Folder& folder() const { return *folder_; }
  const std::filesystem::path& work() const { return work_; }  // its path

  // The journal of finished units: name → what the unit left (sizes, counts, hashes). commit() is durable
  // on return; the unit's files must have been synced before. Files that a unit lists under "files" (as
  // dataset.json does) are compared when the work is resumed; if one has changed, everything starts anew.
  const std::map<std::string, nlohmann::ordered_json>& done() const { return done_; }
  Result<> commit(const std::string& unit, nlohmann::ordered_json result);

  // Removes the journal and makes work() the finished OUTPUT (replacing an old one under `overwrite`).
  Result<> finish();
  // Gives up: removes work() and all that was done in it.
  Result<> discard();
  // Why the work of an earlier run was not resumed; "" when it was, or there was none.
  const std::string& damage() const { return damage_; }

 private:
  Result<> check_existing(const std::string& shown);
  Result<> recover_swap();
  Result<> open_work(const std::string& shown);
  Result<> start_over();
  Result<> swap_in();

  std::filesystem::path output_, work_;  // without symbolic links
  std::optional<sys::Folder> folder_;    // work_, from fresh or resuming on
  std::string fingerprint_;
  OutputRules rules_;
  std::string damage_;
  OutputState state_ = OutputState::fresh;
  std::map<std::string, nlohmann::ordered_json> done_;
  sys::AppendFile journal_;
  std::vector<sys::Lock> lock_;
};

}  // namespace mlctl
