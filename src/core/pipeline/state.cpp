#include "core/pipeline/state.h"

#include <fmt/format.h>

#include "core/eval/evaluations.h"
#include "core/store/location.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value) {
  if (value.is_array() && value.size() == 1) return shown(value.front());
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::string changed_parameter(const Json& last, const Json& now) {
  for (const auto& [key, value] : now.items()) {
    if (!last.contains(key)) return fmt::format("{} {} is new", key, shown(value));
    if (last.at(key) != value)
      return fmt::format("{} changed from {} to {}", key, shown(last.at(key)), shown(value));
  }
  for (const auto& [key, value] : last.items()) {
    if (!now.contains(key)) return fmt::format("{} {} is gone", key, shown(value));
  }
  return {};
}

std::string changed_path(const std::map<std::string, std::string>& last,
                         const std::map<std::string, std::string>& now) {
  for (const auto& [path, digest] : now) {
    const auto before = last.find(path);
    if (before == last.end()) return fmt::format("{} is new", path);
    if (digest.empty()) return fmt::format("{} is missing", path);
    if (digest.starts_with(kDamagedDigest)) return digest.substr(kDamagedDigest.size());
    if (before->second != digest) return fmt::format("{} has changed", path);
  }
  return last.size() > now.size() ? "it reads or writes less than before" : "";
}

Json to_json(const StageState& state) {
  Json json = {{"format", state.format},
               {"command", state.command},
               {"parameters", state.parameters},
               {"inputs", state.inputs},
               {"outputs", state.outputs}};
  if (!state.records.empty()) json["records"] = state.records;
  return json;
}

StageState stage_from_json(const Json& json) {
  StageState state;
  state.format = json.at("format").get<int>();
  state.command = json.at("command").get<std::string>();
  state.parameters = json.at("parameters");
  state.inputs = json.at("inputs").get<std::map<std::string, std::string>>();
  state.outputs = json.at("outputs").get<std::map<std::string, std::string>>();
  state.records = json.value("records", std::map<std::string, std::string>());
  return state;
}

}  // namespace

Result<StageState> current_state(const Stage& stage, const DigestAt& digest) {
  StageState state;
  state.command = stage.command;
  state.parameters = stage.parameters;
  for (const StagePath& each : stage.inputs) state.inputs[each.given] = TRY(digest(each.path));
  for (const StagePath& each : stage.outputs) state.outputs[each.given] = TRY(digest(each.path));
  return state;
}

Result<std::map<std::string, std::string>> records_of(const Stage& stage, const DigestAt& digest) {
  std::map<std::string, std::string> records;
  if (stage.command != "eval") return records;
  for (const StagePath& input : stage.inputs) {
    if (is_url(input.path) || !sys::exists(std::filesystem::path(input.path) / "model.json")) continue;
    const std::filesystem::path newest = TRY(newest_evaluation(input.path));
    if (!newest.empty()) records[newest.string()] = TRY(digest(newest.string()));
  }
  return records;
}

Result<std::string> why_lost(const StageState& last, const DigestAt& digest) {
  std::map<std::string, std::string> now;
  for (const auto& [path, left] : last.records) now[path] = TRY(digest(path));
  return changed_path(last.records, now);
}

std::string why_stale(const StageState* last, const StageState& now) {
  if (last == nullptr) return "it has not run yet";
  if (last->command != now.command) return fmt::format("it was {} before", last->command);
  if (last->format != now.format) return "this version of mlctl writes another format";
  const std::string parameter = changed_parameter(last->parameters, now.parameters);
  if (!parameter.empty()) return parameter;
  const std::string input = changed_path(last->inputs, now.inputs);
  return input.empty() ? changed_path(last->outputs, now.outputs) : input;
}

PipelineState read_state(const sys::PathAt& file) {
  PipelineState state;
  const Result<std::string> text = sys::read_file(file);
  if (!text) return state;
  const auto decoded = decode_json(file.path().string(), Exit::integrity, [&]() -> Result<PipelineState> {
    PipelineState stages;
    const Json document = TRY(parse_json(*text, file.path().string()));
    for (const auto& [name, stage] : document.at("stages").items()) stages[name] = stage_from_json(stage);
    return stages;
  });
  return decoded.value_or(state);
}

Result<> write_state(const sys::PathAt& file, const PipelineState& state) {
  Json stages = Json::object();
  for (const auto& [name, stage] : state) stages[name] = to_json(stage);
  const Json document = {{"apiVersion", "mlctl.dev/v1"}, {"kind", "PipelineState"}, {"stages", stages}};
  return sys::write_file(file, dump_json(document, 2) + "\n");
}

}  // namespace mlctl
