#include "core/run/lineage.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

bool holds(const std::vector<RunArtifact>& artifacts, const std::string& digest) {
  return std::any_of(artifacts.begin(), artifacts.end(),
                     [&](const RunArtifact& artifact) { return artifact.digest == digest; });
}

std::string artifact_text(const std::vector<RunArtifact>& artifacts) {
  std::vector<std::string> parts;
  for (const RunArtifact& artifact : artifacts) {
    parts.push_back(artifact.digest.empty()
                        ? artifact.path
                        : fmt::format("{} ({})", artifact.path, short_digest(artifact.digest)));
  }
  return join(parts, ", ");
}

using Side = std::vector<RunArtifact> RunRecord::*;

// Runs whose `near` side holds the digest; then, for each artifact on their `far` side, the same again.
std::vector<RunRecord> walk(const std::vector<RunRecord>& runs, const std::string& digest, Side near,
                            Side far, bool only_newest) {
  std::vector<RunRecord> steps;
  std::set<std::string> seen_digests = {digest}, seen_runs;
  std::vector<std::string> open = {digest};
  while (!open.empty()) {
    const std::string now = open.front();
    open.erase(open.begin());
    for (const RunRecord& run : runs) {
      if (now.empty() || run.status != "succeeded" || !holds(run.*near, now)) continue;
      if (!seen_runs.insert(run.id).second) continue;
      steps.push_back(run);
      for (const RunArtifact& artifact : run.*far) {
        if (seen_digests.insert(artifact.digest).second) open.push_back(artifact.digest);
      }
      // A run that changed nothing has one digest on both sides: what made that is older.
      if (only_newest && !holds(run.*far, now)) break;
    }
  }
  return steps;
}

}  // namespace

std::vector<RunRecord> made_by(const std::vector<RunRecord>& runs, const std::string& digest) {
  return walk(runs, digest, &RunRecord::outputs, &RunRecord::inputs, true);
}

std::vector<RunRecord> used_by(const std::vector<RunRecord>& runs, const std::string& digest) {
  std::vector<RunRecord> steps = walk(runs, digest, &RunRecord::inputs, &RunRecord::outputs, false);
  std::sort(steps.begin(), steps.end(),
            [](const RunRecord& a, const RunRecord& b) { return a.started < b.started; });
  return steps;
}

std::string lineage_text(const std::vector<RunRecord>& steps) {
  std::string text;
  for (const RunRecord& run : steps) {
    const std::string outputs = artifact_text(run.outputs);
    text += fmt::format("  {}\n    {}{}{}\n", run.id, artifact_text(run.inputs), outputs.empty() ? "" : " → ",
                        outputs);
  }
  return text;
}

Json lineage_json(const std::vector<RunRecord>& steps) {
  Json list = Json::array();
  for (const RunRecord& run : steps) {
    Json step = {{"run", run.id}, {"command", run.command}};
    for (const auto& [key, side] :
         {std::pair{"inputs", &RunRecord::inputs}, {"outputs", &RunRecord::outputs}}) {
      step[key] = Json::array();
      for (const RunArtifact& artifact : run.*side)
        step[key].push_back({{"path", artifact.path}, {"digest", artifact.digest}});
    }
    list.push_back(std::move(step));
  }
  return list;
}

std::string lineage_text(const Json& embedded) {
  if (!embedded.is_object() || !embedded.contains("command")) return {};
  std::vector<std::string> inputs;
  for (const Json& input : embedded.value("inputs", Json::array())) {
    if (!input.is_object()) continue;
    inputs.push_back(
        fmt::format("{} ({})", input.value("name", ""), short_digest(input.value("digest", ""))));
  }
  return fmt::format("  {} of {}\n", embedded["command"].get<std::string>(), join(inputs, ", "));
}

Json removals(const std::vector<RunRecord>& steps) {
  Json found = Json::array();
  for (const RunRecord& run : steps) {
    if (run.command != "clean" || !run.metrics.is_object()) continue;
    const Json removed = run.metrics.value("removed", Json::object());
    if (!removed.empty()) found.push_back({{"run", run.id}, {"removed", removed}});
  }
  return found;
}

std::string removals_text(const Json& removals) {
  std::string text;
  for (const Json& each : removals) {
    for (const auto& [rule, splits] : each.at("removed").items()) {
      std::vector<std::string> parts;
      for (const auto& [split, count] : splits.items())
        parts.push_back(fmt::format("{} of {}", count.dump(), split));
      text += fmt::format("  {}: {} ({})\n", rule, join(parts, ", "), each.at("run").get<std::string>());
    }
  }
  return text;
}

std::string short_digest(const std::string& digest) {
  return digest.substr(0, 12);
}

}  // namespace mlctl
