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
  std::string now{};   // the path with what variables in it hold now; "" where it names none
};

struct RunRecord {
  std::string id;       // "train-20260131-120000-3f2a": command, UTC time, random
  std::string command;  // "train"
  std::vector<std::string> arguments;
  nlohmann::ordered_json parameters;
  nlohmann::ordered_json metrics;  // the final ones
  std::vector<RunArtifact> inputs, outputs;
  std::string status = "running";  // running | succeeded | failed | interrupted
  bool up_to_date = false;         // it found its output made and did nothing
  int exit_code = -1;
  std::string error, hint;
  std::string started, ended;  // RFC 3339
  std::string version, host;
  std::string folder;      // the working folder, absolute: relative paths are from there
  sys::ProcessId process;  // one that is gone while "running" was killed: list() and find() say "interrupted"
};

// Where an artifact of a run in `folder` is ("" = the working folder): absolute and in one spelling. URLs and
// endpoints ("endpoint/NAME") are everywhere the same.
std::string place_of(const std::string& folder, const std::string& path);
std::string place_of(const std::string& folder, const RunArtifact& artifact);

class RunLog {
 public:
  // `expansions`: what stood in the manifest for what this command was told. Records name the variables, and
  // paths in them are found again while `env` has these.
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
  // The same to write in, readable for nobody else: arguments and parameters may hold secrets.
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
