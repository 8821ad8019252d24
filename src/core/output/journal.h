#pragma once
// Makes a command's output folder resumable and all-or-nothing. Work happens in OUTPUT.partial/ (locked),
// each finished unit is committed to its journal; the folder is renamed to OUTPUT when done. kill -9
// anywhere, run again, same bytes. A folder that mlctl did not make is never replaced, whatever `overwrite`
// says; one that it made and that is damaged is not up to date, and made anew when `overwrite` says so.
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
  // The file that tells what OUTPUT is ("dataset.json", "model.json"), and what is in it: only an OUTPUT of
  // the same kind is replaced, so that no training wipes out its own dataset.
  std::string document{};
  Upkeep upkeep{};
};

class OutputFolder {
 public:
  // `fingerprint` is the hash of inputs + parameters + format version. OUTPUT finished with the same
  // fingerprint and whole → up_to_date, damaged → 10 unless `overwrite`; finished from others → 6 unless
  // `overwrite`; OUTPUT.partial of the same fingerprint → resuming, of another → started over. Two processes
  // on one OUTPUT: the second gets 6. A finished OUTPUT remembers its fingerprint in
  // OUTPUT/.mlctl-fingerprint, which is not part of any digest.
  static Result<OutputFolder> open(const std::filesystem::path& output, const std::string& fingerprint,
                                   OutputRules rules);

  OutputState state() const { return state_; }
  // Write here. A link in it is none of ours, and is not followed: whoever sent us the folder above may have
  // sent this one, too.
  const sys::Folder& folder() const { return *folder_; }
  const std::filesystem::path& work() const { return work_; }  // its path

  // Journal of finished units: name → what the unit left (sizes, counts, hashes). commit() is durable on
  // return; files the unit wrote must have been synced before. Those it lists under "files" (as dataset.json
  // does) are compared before the work is taken up; where one is not as it was left, all begins anew.
  const std::map<std::string, nlohmann::ordered_json>& done() const { return done_; }
  Result<> commit(const std::string& unit, nlohmann::ordered_json result);

  // Removes the journal and makes work() the finished OUTPUT (replacing an old one under `overwrite`).
  Result<> finish();
  // Gives up: removes work() with what was done.
  Result<> discard();
  // Why the work of an earlier run was not taken up; "" when it was, or there was none.
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
