#pragma once
// What the verbs about any kind of thing (get, describe, delete, wait, logs, why) ask of each: a kind is a row
// of the table, in a file of its own.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cmd/shell/context.h"
#include "cmd/shell/resource.h"
#include "cmd/show/show.h"
#include "core/run/record.h"
#include "core/why/cause.h"

namespace mlctl {

// One thing to delete.
struct Removal {
  ResourceType type;
  std::string name;              // as it is listed
  std::filesystem::path folder;  // that goes
};

// Nothing while there is something to wait for; else the exit code of its end.
using Poll = std::function<Result<std::optional<Exit>>()>;

struct LogWish {
  std::function<Result<>(const std::string& line)> print;
  std::optional<int64_t> tail{};  // only the last so many lines
  bool follow = false;            // go on as lines are written
};

struct Answer {
  std::string name;
  Cause cause;
  std::vector<RunRecord> sources{};  // where what it serves, or is, comes from
  Exit code = Exit::ok;              // 10 for a damaged file
};

struct Resource {
  ResourceType type;
  const ResourceView& (*view)();
  size_t listed = 0;            // by `get` without --all; 0: all
  bool has_evaluation = false;  // a gate may keep it from service
  bool is_folder = false;       // made by a command: it may be unfinished, and endpoints may depend on it
  Result<Removal> (*locate)(Context&, const std::vector<RunRecord>& runs, const std::string& name);
  Result<> (*remove)(Context&, const Removal&);
  const char* awaited = nullptr;  // what `wait` waits for unless told; null: nothing happens to it
  Poll (*poll)(Context&, const std::string& name, const std::string& condition) = nullptr;
  Result<> (*logs)(Context&, const std::string& name, const LogWish&) = nullptr;  // null: it says nothing
  Result<Answer> (*why)(Inventory&, const std::string& name);
};
const Resource& resource(ResourceType type);

const Resource& run_resource();
const Resource& dataset_resource();
const Resource& model_resource();
const Resource& endpoint_resource();

// Shared by datasets and models: the catalogued folder, and its removal.
Result<Removal> locate_folder(ResourceType type, const char* mark, const std::vector<RunRecord>& runs,
                              const std::string& name);
Result<> remove_folder(Context& context, const Removal& removal);
// Whether it is whole, by `verify`, where it comes from, and the gate that its newest evaluation failed.
Result<Answer> why_content(Inventory& inventory, const Resource& kind, const std::string& name,
                           Result<> (*verify)(Context&, const std::string& path));

}  // namespace mlctl
