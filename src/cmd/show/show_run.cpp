#include <set>

#include <fmt/format.h>

#include "cmd/show/show.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/run/lineage.h"

namespace mlctl {

namespace {

std::string paths(const std::vector<RunArtifact>& artifacts) {
  std::vector<std::string> list;
  for (const RunArtifact& artifact : artifacts) list.push_back(artifact.path);
  return join(list, ",");
}

Result<RunRecord> find(Inventory& inventory, const std::string& name) {
  for (const RunRecord& run : inventory.runs) {
    if (run.id == name) return run;
  }
  return run_log(inventory.context).find(name);
}

Result<Shown> summary(Inventory& inventory, const std::string& name) {
  const RunRecord run = TRY(find(inventory, name));
  return Shown{
      to_json(run),
      "run/" + run.id,
      {run.id, run.status, paths(run.outputs), metrics_text(run.metrics), age(inventory, run.started),
       run.exit_code < 0 ? "" : std::to_string(run.exit_code), paths(run.inputs)},
      {}};
}

std::string keys(const Json& object) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (!object.is_object()) return {};
  for (const auto& [key, value] : object.items()) rows.push_back({"  " + key, readable(value)});
  return fields(rows);
}

std::string artifacts(const std::vector<RunArtifact>& list) {
  std::string text;
  for (const RunArtifact& artifact : list)
    text += fmt::format("  {}  {}\n", visible(artifact.path), visible(artifact.digest));
  return text;
}

Result<Shown> description(Inventory& inventory, const std::string& name) {
  const RunRecord run = TRY(find(inventory, name));
  std::string text = fields({{"Run", run.id},
                             {"Command", "mlctl " + join(run.arguments, " ")},
                             {"Status", run.status},
                             {"Exit code", run.exit_code < 0 ? "" : std::to_string(run.exit_code)},
                             {"Error", run.error},
                             {"Started", run.started},
                             {"Ended", run.ended},
                             {"Version", run.version},
                             {"Host", fmt::format("{} (process {})", run.host, run.process.pid)}});
  text += section("Parameters", keys(run.parameters));
  text += section("Metrics", keys(run.metrics));
  text += section("Inputs", artifacts(run.inputs));
  text += section("Outputs", artifacts(run.outputs));
  return Shown{to_json(run), "run/" + run.id, {}, text};
}

// Every key of the runs' objects in the order met first.
std::vector<std::string> all_keys(const std::vector<RunRecord>& runs, Json RunRecord::*side) {
  std::vector<std::string> keys;
  std::set<std::string> seen;
  for (const RunRecord& run : runs) {
    for (const auto& [key, value] : (run.*side).items()) {
      if (seen.insert(key).second) keys.push_back(key);
    }
  }
  return keys;
}

// {"epochs": [5, 10], …} for what differs.
Json differences(const std::vector<RunRecord>& runs, Json RunRecord::*side) {
  Json differing = Json::object();
  for (const std::string& key : all_keys(runs, side)) {
    Json values = Json::array();
    std::set<Json> distinct;
    for (const RunRecord& run : runs) {
      values.push_back((run.*side).contains(key) ? (run.*side)[key] : Json());
      distinct.insert(values.back());
    }
    if (distinct.size() > 1) differing[key] = values;
  }
  return differing;
}

std::string difference_table(const std::vector<std::string>& ids, const Json& differing) {
  if (differing.empty()) return {};
  Table table{{""}, {}};
  table.header.insert(table.header.end(), ids.begin(), ids.end());
  for (const auto& [key, values] : differing.items()) {
    std::vector<std::string> row = {"  " + key};
    for (const Json& value : values) row.push_back(value.is_null() ? "-" : readable(value));
    table.rows.push_back(std::move(row));
  }
  return render(table, true);
}

}  // namespace

Shown compare_runs(const std::vector<RunRecord>& runs) {
  std::vector<std::string> ids;
  for (const RunRecord& run : runs) ids.push_back(run.id);
  const Json parameters = differences(runs, &RunRecord::parameters);
  const Json metrics = differences(runs, &RunRecord::metrics);
  Shown shown;
  shown.document =
      document("RunComparison", {{"runs", ids}, {"parameters", parameters}, {"metrics", metrics}});
  shown.name = "run/" + join(ids, "\nrun/");
  shown.text = fmt::format("Runs: {}\n", visible(join(ids, ", "))) +
               section("Parameters that differ", difference_table(ids, parameters)) +
               section("Metrics that differ", difference_table(ids, metrics));
  if (parameters.empty() && metrics.empty()) shown.text += "\nParameters and metrics are the same.\n";
  return shown;
}

const ResourceView& run_view() {
  static const ResourceView view = {ResourceType::run,
                                    {"NAME", "STATUS", "OUTPUT", "METRICS", "AGE", "EXIT", "INPUT"},
                                    5,
                                    summary,
                                    description};
  return view;
}

}  // namespace mlctl
