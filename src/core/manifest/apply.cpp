#include "core/manifest/apply.h"

#include <utility>

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<const char*, const char*> kCommands[] = {
    {"Clean", "clean"},   {"Train", "train"},     {"Eval", "eval"},
    {"Deploy", "deploy"}, {"Monitor", "monitor"}, {"Pipeline", "run"},
};

}  // namespace

std::string command_of(const std::string& kind) {
  for (const auto& [each, command] : kCommands) {
    if (each == kind) return command;
  }
  return {};
}

std::string kind_of(const std::string& command) {
  for (const auto& [kind, each] : kCommands) {
    if (each == command) return kind;
  }
  return {};
}

std::vector<std::string> command_line(const std::string& kind, const std::string& file,
                                      const std::vector<std::string>& sets) {
  std::vector<std::string> line = {command_of(kind), "-f", file};
  if (kind == "Monitor") line.emplace_back("--once");
  for (const std::string& set : sets) {
    line.emplace_back("--set");
    line.push_back(set);
  }
  return line;
}

std::vector<ManifestPath> paths_of(const Manifest& manifest) {
  struct Named {
    const char* kind;
    const char* pointer;  // below spec
    const char* key;
    bool output;
  };
  static constexpr Named kNamed[] = {
      {"Clean", "/dataset", "dataset", false},
      {"Clean", "/output", "to", true},
      {"Clean", "/report", "report", true},
      {"Train", "/data/dataset", "dataset", false},
      {"Train", "/output", "to", true},
      {"Eval", "/model", "model", false},
      {"Eval", "/data", "data", false},
      {"Eval", "/baseline", "baseline", false},
      {"Eval", "/report", "report", true},
      {"Deploy", "/model", "model", false},
      {"Monitor", "/reference", "reference", false},
  };
  std::vector<ManifestPath> paths;
  for (const Named& each : kNamed) {
    const Json::json_pointer pointer(each.pointer);
    if (manifest.kind != each.kind || !manifest.spec.contains(pointer)) continue;
    const Json& path = manifest.spec.at(pointer);
    if (path.is_string()) paths.push_back({each.key, path.get<std::string>(), each.output});
  }
  return paths;
}

}  // namespace mlctl
