#include "core/run/record.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/secrets.h"
#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/sys/fs.h"
#include "core/sys/names_in.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// "2026-01-31T12:00:00.123Z" → "20260131-120000"
std::string compact_time(const std::string& rfc3339) {
  std::string digits;
  for (const char c : rfc3339.substr(0, 19)) {
    if (c == 'T') digits += '-';
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

// Makes a folder for a run under a name that nobody has, so that two runs that start in the same
// millisecond differ.
Result<std::string> claim_id(const sys::Folder& root, const std::string& stem, const sys::ProcessId& process,
                             int64_t millis) {
  for (int64_t attempt = 0;; ++attempt) {
    const uint64_t salt = hash64(fmt::format("{} {} {} {}", process.pid, process.started, millis, attempt));
    std::string id = fmt::format("{}-{:04x}", stem, salt & 0xffff);
    if (TRY(sys::claim_folder(root / id))) return id;
  }
}

Json artifacts_json(const std::vector<RunArtifact>& artifacts) {
  Json list = Json::array();
  for (const RunArtifact& artifact : artifacts)
    list.push_back({{"path", artifact.path}, {"digest", artifact.digest}});
  return list;
}

std::vector<RunArtifact> artifacts_from(const Json& list) {
  std::vector<RunArtifact> artifacts;
  for (const Json& item : list) artifacts.push_back({item.at("path"), item.at("digest")});
  return artifacts;
}

// Removes the secrets of URLs from every text in a value.
Json harmless(Json value) {
  if (value.is_string()) return without_secrets(value.get<std::string>());
  if (value.is_structured())
    for (auto& item : value) item = harmless(std::move(item));
  return value;
}

Result<> write_record(const sys::PathAt& folder, const RunRecord& record,
                      const std::vector<Expansion>& expansions) {
  Json json = to_json(record);
  for (const char* key : {"arguments", "parameters", "inputs", "outputs", "error", "hint"})
    if (json.contains(key)) json[key] = harmless(as_written(std::move(json[key]), expansions));
  return sys::write_file(folder / "run.json", dump_json(json, 2) + "\n", 0600);
}

Result<RunRecord> read_record(const fs::path& folder, const sys::Env& env) {
  const fs::path path = folder / "run.json";
  const std::string text = TRY(sys::read_file(path));
  const Json document = TRY(parse_json(text, path.string()));
  RunRecord record = TRY(run_from_json(document, path.string()));
  if (record.id != folder.filename())  // the folder is what `delete` and `gc` remove by that name
    return fail(Exit::integrity, "the record is of another run", "delete it", path.string());
  for (auto* side : {&record.inputs, &record.outputs}) {
    for (RunArtifact& artifact : *side) {
      const std::vector<Expansion> variables = variables_in(artifact.path, env);
      if (!variables.empty()) artifact.now = expanded(artifact.path, variables);
    }
  }
  const bool here = record.host == sys::host_name();
  if (record.status == "running" && here && !sys::is_running(record.process)) {
    record.status = "interrupted";
    if (record.error.empty())
      record.error = "the process ended without a word: killed, or the machine went down";
  }
  return record;
}

}  // namespace

std::string place_of(const std::string& folder, const std::string& path) {
  if (path.empty() || path.starts_with("endpoint/") || path.find("://") != std::string::npos) return path;
  std::error_code code;
  const fs::path from = folder.empty() ? fs::current_path(code) : fs::path(folder);
  std::string place = (from / path).lexically_normal().string();
  if (place.size() > 1 && place.ends_with('/')) place.pop_back();
  return place;
}

std::string place_of(const std::string& folder, const RunArtifact& artifact) {
  return place_of(folder, artifact.now.empty() ? artifact.path : artifact.now);
}

Json to_json(const RunRecord& record) {
  Json json = {{"apiVersion", "mlctl.dev/v1"},
               {"kind", "Run"},
               {"id", record.id},
               {"command", record.command},
               {"status", record.status},
               {"exitCode", record.exit_code},
               {"started", record.started},
               {"ended", record.ended},
               {"arguments", record.arguments},
               {"parameters", record.parameters},
               {"metrics", record.metrics},
               {"inputs", artifacts_json(record.inputs)},
               {"outputs", artifacts_json(record.outputs)}};
  if (record.up_to_date) json["upToDate"] = true;
  if (!record.error.empty()) json["error"] = record.error;
  if (!record.hint.empty()) json["hint"] = record.hint;
  json["version"] = record.version;
  json["host"] = record.host;
  if (!record.folder.empty()) json["workingFolder"] = record.folder;
  json["process"] = {
      {"pid", record.process.pid}, {"started", record.process.started}, {"boot", record.process.boot}};
  return json;
}

Result<RunRecord> run_from_json(const Json& document, const std::string& where) {
  return decode_json(where, Exit::integrity, [&]() -> Result<RunRecord> {
    RunRecord record;
    record.id = document.at("id");
    record.command = document.at("command");
    record.status = document.at("status");
    record.exit_code = document.at("exitCode");
    record.started = document.at("started");
    record.ended = document.at("ended");
    record.arguments = document.at("arguments").get<std::vector<std::string>>();
    record.parameters = document.at("parameters");
    record.metrics = document.at("metrics");
    record.inputs = artifacts_from(document.at("inputs"));
    record.outputs = artifacts_from(document.at("outputs"));
    record.up_to_date = document.value("upToDate", false);
    record.error = document.value("error", "");
    record.hint = document.value("hint", "");
    record.version = document.at("version");
    record.host = document.at("host");
    record.folder = document.value("workingFolder", "");
    const Json& process = document.at("process");
    record.process = {process.at("pid"), process.at("started"), process.at("boot")};
    return record;
  });
}

Result<RunRecord> RunLog::start(const std::string& command, std::vector<std::string> arguments,
                                Json parameters) {
  const int64_t now = clock_->unix_millis();
  RunRecord record;
  record.command = command;
  record.arguments = std::move(arguments);
  record.parameters = std::move(parameters);
  record.metrics = Json::object();
  record.started = sys::rfc3339(now);
  record.version = version();
  record.host = sys::host_name();
  record.process = sys::current_process();
  std::error_code code;
  record.folder = fs::current_path(code).string();
  const sys::Folder runs = TRY(root());
  record.id =
      TRY(claim_id(runs, fmt::format("{}-{}", command, compact_time(record.started)), record.process, now));
  TRY(write_record(runs / record.id, record, expansions_));
  return record;
}

Result<sys::Folder> RunLog::root() const {
  const sys::Folder state = TRY(sys::Folder::make(state_, sys::Readers::nobody));
  return sys::Folder::make(state / "runs");
}

Result<sys::PathAt> RunLog::place(const RunRecord& record) const {
  return TRY(root()) / record.id;
}

Result<> RunLog::finish(RunRecord record, const std::string& status, int exit_code) {
  record.status = status;
  record.exit_code = exit_code;
  record.ended = sys::rfc3339(clock_->unix_millis());
  const sys::PathAt at = TRY(place(record));
  return write_record(at, record, expansions_);
}

Result<std::vector<RunRecord>> RunLog::list() const {
  std::vector<RunRecord> records;
  if (!sys::is_folder(state_)) return records;
  const sys::Folder state = TRY(sys::Folder::open(state_));
  const Result<sys::Folder> runs = sys::Folder::open(state / "runs");
  if (!runs && runs.error().code == Exit::not_found) return records;
  if (!runs) return fail(runs.error());
  for (const std::string& name : TRY(sys::names_in(runs->fd(), root_))) {
    if (Result<RunRecord> record = read_record(root_ / name, env_)) records.push_back(std::move(*record));
  }
  std::sort(records.begin(), records.end(), [](const RunRecord& a, const RunRecord& b) {
    return a.started != b.started ? a.started > b.started : a.id > b.id;
  });
  return records;
}

Result<RunRecord> RunLog::find(const std::string& id) const {
  const std::vector<RunRecord> records = TRY(list());
  if (id == "latest" && !records.empty()) return records.front();
  std::vector<const RunRecord*> matches;
  for (const RunRecord& record : records) {
    if (record.id == id) return record;
    if (!id.empty() && record.id.starts_with(id)) matches.push_back(&record);
  }
  if (matches.size() == 1) return *matches.front();
  if (matches.empty())
    return fail(Exit::not_found, fmt::format("no run \"{}\"", id), "mlctl get runs lists them");
  return fail(Exit::usage, fmt::format("\"{}\" could be {} runs", id, matches.size()),
              fmt::format("write more of the name: {}, {}, …", matches[0]->id, matches[1]->id));
}

}  // namespace mlctl
