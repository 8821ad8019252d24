#pragma once
// How each type of resource is shown: as a line of `get`, and in full for `describe`. One file per type:
// show_run.cpp, show_dataset.cpp, show_model.cpp, show_endpoint.cpp.

#include <string>
#include <utility>
#include <vector>

#include "cmd/shell/output.h"
#include "cmd/shell/resource.h"
#include "cmd/shell/workspace.h"
#include "core/run/record.h"

namespace mlctl {

// What is read once for a whole command.
struct Inventory {
  Context& context;
  std::vector<RunRecord> runs;  // newest first
};
Result<Inventory> take_inventory(Context& context);

// One resource as shown: the document of -o json, the name of -o name, and either the cells of its line or
// the text of its description.
struct Shown {
  Json document;
  std::string name;
  std::vector<std::string> cells;
  std::string text;
};

struct ResourceView {
  ResourceType type;
  std::vector<std::string> header;
  size_t narrow;  // columns without -o wide
  Result<Shown> (*summary)(Inventory&, const std::string& name);
  Result<Shown> (*description)(Inventory&, const std::string& name);
};
const ResourceView& view_of(ResourceType type);

const ResourceView& run_view();
const ResourceView& dataset_view();
const ResourceView& model_view();
const ResourceView& endpoint_view();

// Two or more runs side by side: the parameters and metrics in which they differ.
Shown compare_runs(const std::vector<RunRecord>& runs);

// "Name:     value" lines with the values aligned; empty values are left out.
std::string fields(const std::vector<std::pair<std::string, std::string>>& rows);
std::string section(const std::string& title, const std::string& body);  // "" when the body is
// A scalar as people read it: 0.9312 for numbers with many digits, text without quotes.
std::string readable(const Json& value);
std::string metrics_text(const Json& metrics);  // "accuracy 0.9312  loss 0.21"
// "5m", "3h", "2d" since an RFC 3339 time; "" when there is none.
std::string age(const Inventory& inventory, const std::string& rfc3339);
// When the artifact was made: when its run ended, else when its document was written.
std::string made_at(const Inventory& inventory, const RunArtifact& artifact, int64_t written_millis);
int64_t written_at(const std::filesystem::path& file);  // in milliseconds since 1970; 0: not known

}  // namespace mlctl
