#pragma once
// A run record: what a command did, for `get runs`, `describe run`, lineage and staleness. One folder per
// run, STATE/runs/ID/ with run.json (written at start and at end) and, for training, metrics.jsonl.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/sys/clock.h"
#include "core/sys/env.h"
#include "core/sys/folder.h"
#include "core/sys/process.h"
#include "core/text/as_written.h"

namespace mlctl {

struct RunArtifact {
  std::string path;    // as the user wrote it
  std::string digest;  // dataset_digest, model_digest or SHA-256; "" while unknown
  std::string now{};   // the path with today's values of the variables in it; "" when it has none
};

struct RunRecord {
  std::string id;       // "train-20260131-120000-3f2a": command, UTC time, random
  std::string command;  // "train"
  std::vector<std::string> arguments;
  nlohmann::ordered_json parameters;
  nlohmann::ordered_json metrics;  // the final ones
  std::vector<RunArtifact> inputs, outputs;
  std::string status = "running";  // running | succeeded | failed | interrupted
  bool up_to_date = false;         // the output was up to date, so nothing was done
  int exit_code = -1;
  std::string error, hint;
  std::string started, ended;  // RFC 3339
  std::string version, host;
  std::string folder;  // the working folder, absolute: relative paths are from there
  // When it is gone but status is "running", it was killed: list() and find() give "interrupted".
  sys::ProcessId process;
};

// The place of an artifact of a run in `folder` ("" = the working folder), as an absolute path in one
// spelling. URLs and endpoints ("endpoint/NAME") stay as they are.
std::string place_of(const std::string& folder, const std::string& path);
std::string place_of(const std::string& folder, const RunArtifact& artifact);

class RunLog {
 public:
  // `expansions`: the ${env:NAME} of the manifest with the values that this command got for them. Records
  // show the variables instead of the values; paths in them are resolved again with `env`.
  RunLog(const std::filesystem::path& state_folder, const sys::Clock& clock, sys::Env env = {},
         std::vector<Expansion> expansions = {})
      : state_(state_folder),
        root_(state_folder / "runs"),
        clock_(&clock),
        env_(std::move(env)),
        expansions_(std::move(expansions)) {}

  Result<RunRecord> start(const std::string& command, std::vector<std::string> arguments,
                          nlohmann::ordered_json parameters);
  Result<> finish(RunRecord record, const std::string& status, int exit_code);
  std::filesystem::path folder(const RunRecord& record) const { return root_ / record.id; }
  // The same for writing, readable for nobody else: arguments and parameters may hold secrets.
  Result<sys::PathAt> place(const RunRecord& record) const;
  Result<std::vector<RunRecord>> list() const;          // newest first; an unreadable record is skipped
  Result<RunRecord> find(const std::string& id) const;  // an id or a unique prefix; "latest"

 private:
  Result<sys::Folder> root() const;  // made when absent
  std::filesystem::path state_, root_;
  const sys::Clock* clock_;
  sys::Env env_;
  std::vector<Expansion> expansions_;
};

nlohmann::ordered_json to_json(const RunRecord& record);
Result<RunRecord> run_from_json(const nlohmann::ordered_json& document, const std::string& where);

}  // namespace mlctl
