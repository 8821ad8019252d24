#include "core/run/lineage.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

std::string artifact_text(const std::vector<RunArtifact>& artifacts) {
  std::vector<std::string> parts;
  for (const RunArtifact& artifact : artifacts) {
    parts.push_back(artifact.digest.empty()
                        ? artifact.path
                        : fmt::format("{} ({})", artifact.path, short_digest(artifact.digest)));
  }
  return join(parts, ", ");
}

bool counts(const RunRecord& run) {
  return run.status == "succeeded" && !run.up_to_date;
}

// An artifact with its place in one spelling, as it was before the run that used it started ("" = as it is
// now).
struct Content {
  std::string place, digest, before;
};

std::vector<Content> contents(const RunRecord& run, const std::vector<RunArtifact>& artifacts,
                              const std::string& before) {
  std::vector<Content> list;
  for (const RunArtifact& artifact : artifacts) {
    if (!artifact.digest.empty()) list.push_back({place_of(run.folder, artifact), artifact.digest, before});
  }
  return list;
}

const RunRecord* maker_of(const std::vector<RunRecord>& runs, const Content& content) {
  const RunRecord* newest = nullptr;
  for (const RunRecord& run : runs) {
    if (!counts(run) || (!content.before.empty() && run.started >= content.before)) continue;
    for (const Content& output : contents(run, run.outputs, {})) {
      if (output.digest != content.digest) continue;
      if (output.place == content.place) return &run;
      // An endpoint holds a copy of its model; only the endpoint itself comes from the deployment.
      if (newest == nullptr && !output.place.starts_with("endpoint/")) newest = &run;
    }
  }
  return newest;
}

bool uses(const std::vector<RunRecord>& runs, const RunRecord& run, const Content& content) {
  for (const Content& input : contents(run, run.inputs, run.started)) {
    if (input.digest != content.digest) continue;
    if (input.place == content.place || maker_of(runs, input) == maker_of(runs, content)) return true;
  }
  return false;
}

Content now(const RunArtifact& artifact) {
  return {place_of({}, artifact.path), artifact.digest, {}};
}

template <class T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

std::vector<RunRecord> makers(const std::vector<RunRecord>& runs, std::vector<Content> open) {
  std::vector<RunRecord> steps;
  std::set<std::string> seen;
  for (size_t i = 0; i < open.size(); ++i) {
    const RunRecord* maker = maker_of(runs, open[i]);
    if (maker == nullptr || !seen.insert(maker->id).second) continue;
    steps.push_back(*maker);
    append(open, contents(*maker, maker->inputs, maker->started));
  }
  return steps;
}

}  // namespace

const RunRecord* maker_of(const std::vector<RunRecord>& runs, const RunArtifact& artifact) {
  return artifact.digest.empty() ? nullptr : maker_of(runs, now(artifact));
}

std::vector<RunRecord> made_by(const std::vector<RunRecord>& runs, const RunArtifact& artifact) {
  return makers(runs, {now(artifact)});
}

std::vector<RunRecord> sources_of(const std::vector<RunRecord>& runs, const RunRecord& run) {
  return makers(runs, contents(run, run.inputs, run.started));
}

std::vector<RunRecord> used_by(const std::vector<RunRecord>& runs, const RunArtifact& artifact) {
  std::vector<RunRecord> steps;
  std::set<std::string> seen;
  std::vector<Content> open = {now(artifact)};
  for (size_t i = 0; i < open.size(); ++i) {
    for (const RunRecord& run : runs) {
      if (!counts(run) || seen.contains(run.id) || !uses(runs, run, open[i])) continue;
      seen.insert(run.id);
      steps.push_back(run);
      append(open, contents(run, run.outputs, {}));
    }
  }
  std::sort(steps.begin(), steps.end(),
            [](const RunRecord& a, const RunRecord& b) { return a.started < b.started; });
  return steps;
}

std::string lineage_text(const std::vector<RunRecord>& steps) {
  std::string text;
  for (const RunRecord& run : steps) {
    const std::string outputs = artifact_text(run.outputs);
    text += fmt::format("  {}\n    {}{}{}\n", visible(run.id), visible(artifact_text(run.inputs)),
                        outputs.empty() ? "" : " → ", visible(outputs));
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

namespace {

// Lineage comes from whoever made the artifact: a value that is not a text is taken as none.
std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string lineage_text(const Json& embedded) {
  if (!embedded.is_object() || !embedded.contains("command")) return {};
  std::vector<std::string> inputs;
  for (const Json& input : embedded.value("inputs", Json::array())) {
    if (!input.is_object()) continue;
    inputs.push_back(fmt::format("{} ({})", text_in(input, "name"), short_digest(text_in(input, "digest"))));
  }
  return fmt::format("  {} of {}\n", visible(text_in(embedded, "command")), visible(join(inputs, ", ")));
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
        parts.push_back(fmt::format("{} of {}", dump_json(count), split));
      text += fmt::format("  {}: {} ({})\n", visible(rule), visible(join(parts, ", ")),
                          visible(each.at("run").get<std::string>()));
    }
  }
  return text;
}

std::string short_digest(const std::string& digest) {
  return digest.substr(0, 12);
}

}  // namespace mlctl
