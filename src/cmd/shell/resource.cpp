#include "cmd/shell/resource.h"

#include <algorithm>

#include <fmt/format.h>

#include "cmd/shell/workspace.h"
#include "core/base/strings.h"
#include "core/endpoint/host.h"
#include "core/run/catalog.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

using Names = Result<std::vector<std::string>>;

Names endpoint_names(const Context& context, sys::PassedOver*) {
  return context.endpoints()->names();
}

Names model_names(const Context& context, sys::PassedOver* passed) {
  return catalog(TRY(run_log(context).list()), kModelMark, passed);
}

Names dataset_names(const Context& context, sys::PassedOver* passed) {
  return catalog(TRY(run_log(context).list()), kDatasetMark, passed);
}

Names run_names(const Context& context, sys::PassedOver*) {
  std::vector<std::string> ids;
  for (const RunRecord& run : TRY(run_log(context).list())) ids.push_back(run.id);
  return ids;
}

}  // namespace

const std::vector<ResourceWord>& resource_words() {
  static const std::vector<ResourceWord> words = {
      {ResourceType::run, "run", "runs", "what was done, with parameters and metrics", run_names},
      {ResourceType::dataset, "dataset", "datasets", "folders of data ready to train on", dataset_names},
      {ResourceType::model, "model", "models", "trained models", model_names},
      {ResourceType::endpoint, "endpoint", "endpoints", "models in service", endpoint_names},
  };
  return words;
}

const char* name(ResourceType type) {
  for (const ResourceWord& word : resource_words()) {
    if (word.type == type) return word.singular;
  }
  return "";
}

std::optional<ResourceType> resource_type(const std::string& word) {
  for (const ResourceWord& known : resource_words()) {
    if (word == known.singular || word == known.plural) return known.type;
  }
  return std::nullopt;
}

namespace {

bool is_path(const std::string& word) {
  return sys::exists(fs::path(word) / kDatasetMark) || sys::exists(fs::path(word) / kModelMark);
}

ResourceRef parse_word(const std::string& word) {
  const size_t slash = word.find('/');
  const auto type = resource_type(word.substr(0, slash));
  if (slash == std::string::npos || !type || is_path(word)) return {std::nullopt, word};
  return {type, word.substr(slash + 1)};
}

}  // namespace

Result<std::vector<ResourceRef>> parse_resources(const std::vector<std::string>& words) {
  std::vector<ResourceRef> refs;
  if (words.empty()) return refs;
  const auto type = resource_type(words.front());
  if (!type || is_path(words.front())) {
    for (const std::string& word : words) refs.push_back(parse_word(word));
  } else if (words.size() == 1) {
    refs.push_back({type, ""});
  } else {
    for (auto word = words.begin() + 1; word != words.end(); ++word) refs.push_back({type, *word});
  }
  for (const ResourceRef& ref : refs) {
    if (ref.name.empty() && words.front().find('/') != std::string::npos)
      return fail(Exit::usage, fmt::format("\"{}\" names nothing", words.front()), "write TYPE/NAME");
  }
  return refs;
}

RunLog run_log(const Context& context) {
  return {context.state_folder(), context.clock, context.env, context.expansions};
}

Result<std::vector<std::string>> resource_names(const Context& context, ResourceType type,
                                                sys::PassedOver* passed) {
  for (const ResourceWord& word : resource_words()) {
    if (word.type == type) return word.names(context, passed);
  }
  return std::vector<std::string>{};
}

namespace {

// What may stand where a NAME alone does: types too.
Result<std::vector<std::string>> words_and_names(const Context& context) {
  std::vector<std::string> all;
  for (const ResourceWord& word : resource_words()) {
    all.insert(all.end(), {word.singular, word.plural});
    for (const std::string& each : TRY(resource_names(context, word.type))) {
      all.push_back(each);
      all.push_back(fs::path(each).filename());
    }
  }
  return all;
}

}  // namespace

namespace {

Result<ResourceType> type_of_stored(Context& context, const std::string& url) {
  const Place place = TRY(open_place(context, url));
  for (const auto& [mark, type] :
       {std::pair(kModelMark, ResourceType::model), std::pair(kDatasetMark, ResourceType::dataset)}) {
    const Result<ObjectInfo> found = place.store->head(place.prefix() + mark);
    if (found) return type;
    if (found.error().code != Exit::not_found) return fail(found.error());
  }
  return fail(Exit::not_found,
              fmt::format("{} is neither a dataset nor a model: there is no {} and no {} below it", url,
                          kDatasetMark, kModelMark),
              fmt::format("mlctl ls {} shows what there is", url));
}

}  // namespace

Result<ResourceType> type_of_name(Context& context, const std::string& name) {
  if (is_stored(name)) return type_of_stored(context, name);
  if (sys::exists(fs::path(name) / kModelMark)) return ResourceType::model;
  if (sys::exists(fs::path(name) / kDatasetMark)) return ResourceType::dataset;
  const auto endpoints = TRY(resource_names(context, ResourceType::endpoint));
  if (std::find(endpoints.begin(), endpoints.end(), name) != endpoints.end()) return ResourceType::endpoint;
  const std::vector<RunRecord> runs = TRY(run_log(context).list());
  if (RunLog log = run_log(context); log.find(name)) return ResourceType::run;
  if (find_in_catalog(runs, kModelMark, name)) return ResourceType::model;
  if (find_in_catalog(runs, kDatasetMark, name)) return ResourceType::dataset;
  const std::string near = did_you_mean(name, TRY(words_and_names(context)));
  return fail(Exit::not_found, fmt::format("nothing is called \"{}\"", name),
              near.empty() ? "mlctl get runs, datasets, models or endpoints lists what there is"
                           : fmt::format("did you mean {}?", near));
}

Result<std::vector<ResourceRef>> resolve_types(Context& context, std::vector<ResourceRef> refs) {
  for (ResourceRef& ref : refs) {
    if (!ref.type) ref.type = TRY(type_of_name(context, ref.name));
  }
  return refs;
}

}  // namespace mlctl
