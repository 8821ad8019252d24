#include <fmt/format.h>

#include "cmd/show/show.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/eval/evaluations.h"
#include "core/model/package.h"
#include "core/output/checked_file.h"
#include "core/run/catalog.h"
#include "core/run/lineage.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

struct Found {
  std::string name;  // the path, or the URL
  Model model;
  std::string digest, made;
  std::vector<Evaluation> evaluations;  // newest first
  std::string damage;                   // "" or what is seen of it without reading
};

// Looking needs no weights, so their hash is not checked here: `get models` stays quick.
Result<Found> open(Inventory& inventory, const std::string& name) {
  ModelDocuments copy;  // needed no longer than this reads
  if (is_stored(name)) {
    copy = TRY(workspace(inventory.context).model_documents(name));
  } else {
    copy.folder.path = TRY(find_in_catalog(inventory.runs, kModelMark, name));
    copy.modified_millis = written_at(copy.folder.path / kModelMark);
  }
  Found found;
  const fs::path& folder = copy.folder.path;
  found.name = is_stored(name) ? name : folder.string();
  const fs::path file = folder / kModelMark;
  const std::string text = TRY(sys::read_file(file));
  const Json json = TRY(parse_json(text, file.string()));
  found.model = TRY(model_from_json(json, file.string()));
  found.digest = sha256_hex(text);
  found.evaluations = TRY(list_evaluations(folder));
  if (!is_stored(name)) found.damage = visible_damage(folder, found.model.files);
  if (!found.damage.empty())
    inventory.context.io.warn(fmt::format("{} is damaged: {}", found.name, found.damage));
  found.made = made_at(inventory, {found.name, found.digest}, copy.modified_millis);
  return found;
}

uint64_t bytes(const Model& model) {
  uint64_t sum = 0;
  for (const FileEntry& file : model.files) sum += file.size;
  return sum;
}

std::string verdict(const Found& found) {
  if (found.evaluations.empty()) return "-";
  const Evaluation& newest = found.evaluations.front();
  if (newest.gates.empty()) return "no gate";
  return newest.passed() ? "passed" : "failed";
}

Json evaluation_json(const Found& found) {
  return found.evaluations.empty() ? Json() : to_json(found.evaluations.front());
}

Result<Shown> summary(Inventory& inventory, const std::string& name) {
  const Found found = TRY(open(inventory, name));
  const Model& model = found.model;
  const std::string path = found.name;
  const Json metrics = found.evaluations.empty() ? model.metrics : found.evaluations.front().metrics;
  const Json shown = document("Model", {{"name", path},
                                        {"task", mlctl::name(model.task)},
                                        {"input", mlctl::name(model.network.input.kind)},
                                        {"classes", model.classes},
                                        {"parameters", parameter_count(model.network)},
                                        {"bytes", bytes(model)},
                                        {"metrics", model.metrics},
                                        {"evaluation", evaluation_json(found)},
                                        {"digest", found.digest},
                                        {"lineage", model.lineage},
                                        {"made", found.made}});
  return Shown{
      shown,
      "model/" + path,
      {path, mlctl::name(model.task), mlctl::name(model.network.input.kind),
       human_count(static_cast<uint64_t>(parameter_count(model.network))), metrics_text(metrics),
       verdict(found), age(inventory, found.made), human_bytes(bytes(model)), short_digest(found.digest)},
      {}};
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> parts;
  for (const int64_t side : shape) parts.push_back(std::to_string(side));
  return join(parts, "×");
}

std::string layer_text(const Layer& layer) {
  std::string text = name(layer.kind);
  if (layer.units > 0) text += fmt::format(" {}", layer.units);
  if (layer.kernel_h > 0) text += fmt::format(" {}×{}", layer.kernel_h, layer.kernel_w);
  if (layer.rate > 0) text += fmt::format(" {}", layer.rate);
  if (layer.activation != Activation::none) text += fmt::format(" {}", name(layer.activation));
  return text;
}

std::string architecture(const Network& network) {
  const auto shapes = infer_shapes(network);
  if (!shapes) return {};
  Table table{{"  #", "LAYER", "OUTPUT"}, {}};
  table.rows.push_back(
      {"  ", fmt::format("input ({})", name(network.input.kind)), shape_text(input_shape(network.input))});
  for (size_t i = 0; i < network.layers.size(); ++i)
    table.rows.push_back({fmt::format("  {}", i), layer_text(network.layers[i]), shape_text((*shapes)[i])});
  return render(table, true);
}

std::string evaluations_text(const std::vector<Evaluation>& evaluations) {
  if (evaluations.empty()) return {};
  Table table{{"  SPLIT", "SAMPLES", "METRICS", "GATES"}, {}};
  for (const Evaluation& evaluation : evaluations) {
    std::vector<std::string> gates;
    for (const GateOutcome& gate : evaluation.gates)
      gates.push_back(gate.expr + (gate.passed ? " passed" : " failed"));
    table.rows.push_back({"  " + evaluation.split, human_count(static_cast<uint64_t>(evaluation.samples)),
                          metrics_text(evaluation.metrics), gates.empty() ? "-" : join(gates, ", ")});
  }
  return render(table, true);
}

std::string training_text(const Json& training) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (!training.is_object()) return {};
  for (const auto& [key, value] : training.items()) {
    const std::string text = readable(value);
    if (text.size() <= 100) rows.push_back({"  " + key, text});
  }
  return fields(rows);
}

Result<Shown> description(Inventory& inventory, const std::string& name) {
  const Found found = TRY(open(inventory, name));
  const Model& model = found.model;
  const std::string path = found.name;
  const std::vector<RunRecord> sources = made_by(inventory.runs, {path, found.digest});
  const std::vector<RunRecord> uses = used_by(inventory.runs, {path, found.digest});

  Json shown = document("Model", {{"name", path}, {"digest", found.digest}});
  shown.update(to_json(model));
  shown["parameters"] = parameter_count(model.network);
  shown["evaluation"] = evaluation_json(found);
  shown["evaluations"] = Json::array();
  for (const Evaluation& evaluation : found.evaluations) shown["evaluations"].push_back(to_json(evaluation));
  shown["madeBy"] = lineage_json(sources);
  shown["usedBy"] = lineage_json(uses);

  std::string text =
      fields({{"Model", path},
              {"Task", mlctl::name(model.task)},
              {"Parameters", human_count(static_cast<uint64_t>(parameter_count(model.network)))},
              {"Size", human_bytes(bytes(model))},
              {"Classes", join(model.classes, ", ")},
              {"Metrics", metrics_text(model.metrics)},
              {"Digest", found.digest},
              {"Made", found.made}});
  text += section("Architecture", architecture(model.network));
  text += section("Training", training_text(model.training));
  text += section("Evaluations, newest first", evaluations_text(found.evaluations));
  text += section("Made by", sources.empty() ? lineage_text(model.lineage) : lineage_text(sources));
  text += section("Used by", lineage_text(uses));
  return Shown{shown, "model/" + path, {}, text};
}

}  // namespace

const ResourceView& model_view() {
  static const ResourceView view = {
      ResourceType::model,
      {"NAME", "TASK", "INPUT", "PARAMETERS", "METRICS", "GATE", "AGE", "SIZE", "DIGEST"},
      7,
      summary,
      description};
  return view;
}

}  // namespace mlctl
