#include "core/store/plan.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

bool matches(const std::vector<std::string>& patterns, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    const bool whole = pattern.find('/') != std::string::npos;
    return ::fnmatch(pattern.c_str(), whole ? path.c_str() : name.c_str(), 0) == 0;
  });
}

}  // namespace

bool NameFilter::takes(const std::string& relative_path) const {
  return (include.empty() || matches(include, relative_path)) && !matches(exclude, relative_path);
}

Result<std::string> fill_key(const std::string& key_template,
                             const std::map<std::string, std::string>& fields) {
  std::string key;
  for (size_t at = 0; at < key_template.size();) {
    const size_t open = key_template.find('{', at);
    key += key_template.substr(at, open - at);
    if (open == std::string::npos) break;
    const size_t close = key_template.find('}', open);
    if (close == std::string::npos)
      return fail(Exit::usage, fmt::format("--key {}: \"{{\" without \"}}\"", key_template));
    const std::string field = key_template.substr(open + 1, close - open - 1);
    const auto found = fields.find(field);
    if (found == fields.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : fields) names.push_back(name);
      const std::string near = did_you_mean(field, names);
      return fail(
          Exit::usage, fmt::format("--key {}: there is no field {{{}}} here", key_template, field),
          near.empty() ? "the fields are: " + join(names, ", ") : fmt::format("did you mean {{{}}}?", near));
    }
    if (found->second.empty())
      return fail(Exit::data, fmt::format("--key {}: {{{}}} is empty for {}", key_template, field,
                                          fields.contains("path") ? fields.at("path") : "an item"));
    key += found->second;
    at = close + 1;
  }
  return key;
}

std::map<std::string, std::string> fields_of(const std::string& relative_path) {
  const std::filesystem::path path = relative_path;
  const std::string extension = path.extension().string();
  return {{"path", relative_path},
          {"name", path.filename().string()},
          {"stem", path.stem().string()},
          {"ext", extension.empty() ? "" : extension.substr(1)},
          {"folder", path.parent_path().string()}};
}

bool is_commit_mark(std::string_view relative_path) {
  const std::string_view name = relative_path.substr(relative_path.rfind('/') + 1);
  return name == "dataset.json" || name == "model.json";
}

std::map<std::string, std::string> listed_hashes(std::string_view document) {
  std::map<std::string, std::string> hashes;
  const nlohmann::ordered_json json = json_or_discarded(document);
  if (!json.is_object() || !json.contains("files") || !json["files"].is_array()) return hashes;
  for (const nlohmann::ordered_json& file : json["files"]) {
    if (!file.is_object()) continue;
    const auto path = file.find("path"), hash = file.find("sha256");
    if (path != file.end() && path->is_string() && hash != file.end() && hash->is_string())
      hashes[path->get<std::string>()] = hash->get<std::string>();
  }
  return hashes;
}

}  // namespace mlctl
