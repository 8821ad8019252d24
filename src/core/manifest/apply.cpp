#include "core/manifest/apply.h"

#include <fmt/format.h>

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

struct KeyFlag {
  const char* key;
  const char* flag;  // "" = the positional argument
};

struct KindCommand {
  const char* kind;
  const char* command;
  const char* file_flag;  // "" = the manifest's keys become flags
  std::vector<KeyFlag> keys;
};

const KindCommand* find(const std::string& kind) {
  static const std::vector<KindCommand> commands = {
      {"Clean", "clean", "-f", {}},
      {"Train", "train", "-f", {}},
      {"Eval",
       "eval",
       "",
       {{"model", ""},
        {"data", "--data"},
        {"gates", "--gate"},
        {"baseline", "--baseline"},
        {"report", "--report"}}},
      {"Deploy",
       "deploy",
       "",
       {{"model", ""},
        {"target", "--target"},
        {"host", "--host"},
        {"port", "--port"},
        {"replicas", "--replicas"},
        {"maxBatch", "--max-batch"},
        {"maxQueue", "--max-queue"},
        {"tokenFile", "--token-file"},
        {"tlsCert", "--tls-cert"},
        {"tlsKey", "--tls-key"},
        {"force", "--force"}}},
      {"Monitor", "monitor", "--rules", {{"endpoint", ""}, {"reference", "--reference"}}},
      {"Pipeline", "run", "-f", {}}};
  for (const KindCommand& each : commands) {
    if (each.kind == kind) return &each;
  }
  return nullptr;
}

void add_flag(const char* flag, const Json& value, std::vector<std::string>& line) {
  if (value.is_array()) {
    for (const Json& each : value) add_flag(flag, each, line);
  } else if (value.is_boolean()) {
    if (value.get<bool>()) line.emplace_back(flag);
  } else {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    line.push_back(*flag == '\0' ? text : fmt::format("{}={}", flag, text));
  }
}

}  // namespace

std::string command_of(const std::string& kind) {
  const KindCommand* found = find(kind);
  return found == nullptr ? "" : found->command;
}

Result<std::vector<std::string>> command_line(const Manifest& manifest, const std::string& file,
                                              const std::vector<std::string>& sets) {
  const KindCommand* found = find(manifest.kind);
  if (found == nullptr) return fail(manifest.error_at("kind", manifest.kind + " is no command"));
  std::vector<std::string> line = {found->command};
  for (const KeyFlag& each : found->keys) {
    if (manifest.spec.contains(each.key)) add_flag(each.flag, manifest.spec.at(each.key), line);
  }
  if (manifest.kind == "Deploy") line.push_back("--name=" + manifest.name);
  if (manifest.kind == "Monitor") {
    if (!manifest.has("spec.endpoint")) line.push_back(manifest.name);
    line.emplace_back("--once");
  }
  if (*found->file_flag == '\0') return line;
  line.emplace_back(found->file_flag);
  line.push_back(file);
  if (manifest.kind == "Monitor") return line;
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
