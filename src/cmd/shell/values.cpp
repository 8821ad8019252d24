#include "cmd/shell/values.h"

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/manifest_values.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/topics.h"
#include "core/base/strings.h"
#include "core/manifest/config.h"
#include "core/manifest/schema.h"
#include "core/run/catalog.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

Completion named(const std::vector<std::string>& values, const std::string& description = {}) {
  Completion found;
  for (const std::string& value : values) found.candidates.push_back({value, description});
  return found;
}

Completion operator+(Completion left, Completion right) {
  left.candidates.insert(left.candidates.end(), right.candidates.begin(), right.candidates.end());
  left.files |= right.files;
  left.folders |= right.folders;
  return left;
}

Completion files() {
  Completion found;
  found.files = true;
  return found;
}

Completion folders() {
  Completion found;
  found.folders = true;
  return found;
}

Completion names(const Context& context, ResourceType type) {
  const auto all = resource_names(context, type);
  return all ? named(*all, name(type)) : Completion{};
}

std::vector<std::string> splits_of(const std::string& folder) {
  const auto text = sys::read_file(std::filesystem::path(folder) / kDatasetMark);
  const auto json = text ? parse_json(*text, folder) : fail(text.error());
  std::vector<std::string> splits;
  if (!json || !json->is_object() || !json->contains("splits")) return splits;
  for (const auto& [split, unused] : (*json)["splits"].items()) splits.push_back(split);
  return splits;
}

// "data/photos:" offers the dataset's splits.
Completion datasets(const Context& context, const std::string& word) {
  const size_t colon = word.rfind(':');
  if (colon == std::string::npos) return names(context, ResourceType::dataset) + folders();
  Completion found;
  for (const std::string& split : splits_of(word.substr(0, colon)))
    found.candidates.push_back({word.substr(0, colon + 1) + split, "split"});
  return found;
}

Completion runs(const Context& context) {
  Completion found;
  const auto all = run_log(context).list();
  if (!all) return found;
  found.candidates.push_back({"latest", "the newest run"});
  for (const RunRecord& run : *all) found.candidates.push_back({run.id, run.status});
  return found;
}

Completion of_type(const Context& context, ResourceType type) {
  return type == ResourceType::run ? runs(context) : names(context, type);
}

Completion resources(const Context& context, const ValueRequest& request) {
  if (!request.earlier.empty()) {
    const auto type = resource_type(request.earlier.front());
    return type ? of_type(context, *type) : Completion{};
  }
  Completion found;
  const size_t slash = request.word.find('/');
  const auto type = resource_type(request.word.substr(0, slash));
  if (slash != std::string::npos && type) {
    found = of_type(context, *type);
    for (Candidate& candidate : found.candidates)
      candidate.value.insert(0, request.word.substr(0, slash + 1));
    return found;
  }
  for (const ResourceWord& word : resource_words())
    found.candidates.push_back({request.command == "get" ? word.plural : word.singular, word.summary});
  if (request.command == "get" || request.word.empty()) return found;
  return found + names(context, ResourceType::dataset) + names(context, ResourceType::model) +
         names(context, ResourceType::endpoint);
}

Completion commands() {
  Completion found;
  for (const Command* command : all_commands()) {
    if (!command->spec().hidden) found.candidates.push_back({command->spec().name, command->spec().summary});
  }
  return found;
}

Completion topics() {
  Completion found;
  for (const Topic& topic : help_topics()) found.candidates.push_back({topic.name, topic.summary});
  return found;
}

Completion profiles(const Context& context) {
  const auto spec = read_config(context.config_file(), context.env);
  Completion found;
  if (!spec || !spec->contains("profiles")) return found;
  for (const auto& [name, values] : (*spec)["profiles"].items())
    found.candidates.push_back({name, "profile"});
  return found;
}

// config ACTION [KEY]
Completion config_words(const Context& context, const ValueRequest& request) {
  if (request.earlier.empty()) return named({"view", "get", "set", "use", "path"});
  if (request.earlier.front() == "use") return profiles(context);
  Completion found;
  const auto schema = find_schema("Config");
  const auto* profile = schema ? schema_at(*schema, "spec.profiles.any") : nullptr;
  if (request.earlier.size() > 1 || profile == nullptr) return found;
  for (const SchemaKey& key : schema_keys(*profile))
    found.candidates.push_back({key.name, key.node->value("description", "")});
  return found;
}

Completion gates() {
  Completion found;
  for (const char* metric : {"accuracy", "balanced_accuracy", "precision", "recall", "f1", "auc", "r2"})
    found.candidates.push_back({std::string(metric) + ">=", "higher is better"});
  for (const char* metric : {"log_loss", "mse", "rmse", "mae"})
    found.candidates.push_back({std::string(metric) + "<=", "lower is better"});
  for (const char* metric : {"hit_rate@10", "ndcg@10"})
    found.candidates.push_back({std::string(metric) + ">=", "recommendation; higher is better"});
  return found;
}

}  // namespace

ValueSource local_values(const Context& context) {
  return [&context](const ValueRequest& request) -> Completion {
    switch (request.kind) {
      case Value::dataset:
        return datasets(context, request.word);
      case Value::model:
        return names(context, ResourceType::model) + folders();
      case Value::endpoint:
        return names(context, ResourceType::endpoint);
      case Value::service:
        return names(context, ResourceType::endpoint) + names(context, ResourceType::model) + folders();
      case Value::run:
        return runs(context);
      case Value::resource:
        return resources(context, request);
      case Value::topic:
        return topics() + commands();
      case Value::command:
        return commands();
      case Value::any:
        return request.command == "config" ? config_words(context, request) : Completion{};
      case Value::profile:
        return profiles(context);
      case Value::setting:
        return setting_values(manifest_kind(request.command, request.manifest), request.word);
      case Value::field:
        return field_values(request.word);
      case Value::gate:
        return gates();
      case Value::shell:
        return named({"bash", "zsh", "fish"});
      case Value::folder:
        return folders();
      case Value::file:
      case Value::manifest:
      case Value::stored:
        return files();
      default:
        return {};
    }
  };
}

}  // namespace mlctl
