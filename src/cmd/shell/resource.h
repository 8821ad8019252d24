#pragma once
// The things that get, describe, delete, wait and why work on, in every form in which they can be named:
// NAME, TYPE NAME, TYPE/NAME.

#include <optional>
#include <string>
#include <vector>

#include "cmd/shell/context.h"
#include "core/run/record.h"
#include "core/sys/walk.h"

namespace mlctl {

enum class ResourceType { run, model, dataset, endpoint };

struct ResourceWord {
  ResourceType type;
  const char* singular;
  const char* plural;
  const char* summary;
  // Every name, as `get` shows them: paths for datasets and models, ids newest first for runs.
  Result<std::vector<std::string>> (*names)(const Context&, sys::PassedOver* passed);
};
const std::vector<ResourceWord>& resource_words();
const char* name(ResourceType type);  // "run"

std::optional<ResourceType> resource_type(const std::string& word);  // singular or plural

struct ResourceRef {
  std::optional<ResourceType> type;  // absent: NAME alone
  std::string name;                  // empty: all of the type
};

// Only parses the words. A path to a dataset or model is a NAME even if it looks like TYPE/NAME
// (models/fashion).
Result<std::vector<ResourceRef>> parse_resources(const std::vector<std::string>& words);

RunLog run_log(const Context& context);

Result<std::vector<std::string>> resource_names(const Context& context, ResourceType type,
                                                sys::PassedOver* passed = nullptr);
// The type of a NAME alone: it may be a path to a dataset or model, an endpoint, a run, or the last part of
// a path.
Result<ResourceType> type_of_name(Context& context, const std::string& name);
// The same with their types filled in, or the error that says what is missing.
Result<std::vector<ResourceRef>> resolve_types(Context& context, std::vector<ResourceRef> refs);

}  // namespace mlctl
