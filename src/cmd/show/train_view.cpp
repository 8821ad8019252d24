#include "cmd/show/train_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/engine/parameters.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

std::string metric_text(const Metrics& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format("  {} {:.4g}", name, value);
  return text;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : " × ") + std::to_string(size);
  return text;
}

std::string layer_text(const Layer& layer) {
  std::string text = name(layer.kind);
  if (layer.kind == LayerKind::activation) return name(layer.activation);
  if (layer.units > 0) text += fmt::format(" {}", layer.units);
  if (layer.kernel_h > 0) text += fmt::format(" {}×{}", layer.kernel_h, layer.kernel_w);
  if (layer.rate > 0) text += fmt::format(" {}", shortest(layer.rate));
  if (layer.activation != Activation::none) text += fmt::format(", {}", name(layer.activation));
  return text;
}

struct LayerRow {
  std::string layer;
  std::vector<int64_t> output;
  int64_t parameters = 0;
};

// A network that was built has shapes and parameters.
std::vector<LayerRow> rows_of(const Network& network) {
  const auto shapes = infer_shapes(network).value_or(std::vector<std::vector<int64_t>>{});
  const std::vector<std::string> modules = module_names(network);
  const std::vector<Parameter> all = parameters(network).value_or(std::vector<Parameter>{});
  std::vector<LayerRow> rows;
  for (size_t i = 0; i < network.layers.size() && i < shapes.size(); ++i) {
    LayerRow row{layer_text(network.layers[i]), shapes[i], 0};
    for (const Parameter& parameter : all) {
      if (parameter.name.starts_with(modules[i]) && parameter.trainable)
        row.parameters += element_count(parameter.shape);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Progress& TrainView::bar(const std::string& label, int64_t total) {
  if (!progress_ || label != label_) {
    progress_.reset();
    progress_.emplace(context_, label, "samples", static_cast<uint64_t>(total));
    label_ = label;
  }
  return *progress_;
}

void TrainView::reading(const std::string& split, int64_t samples, int64_t done) {
  bar("read " + split, samples).set(static_cast<uint64_t>(done));
}

void TrainView::step(const StepReport& report) {
  bar(fmt::format("epoch {}/{}", report.epoch, report.epochs), report.samples)
      .set(static_cast<uint64_t>(report.done), fmt::format("loss {:.4f}", report.mean_loss));
}

void TrainView::epoch(const EpochReport& report) {
  progress_.reset();
  if (context_.io.progress == ProgressMode::json) {
    Json line = {
        {"kind", "Epoch"}, {"epoch", report.epoch}, {"epochs", report.epochs}, {"step", report.step}};
    for (const auto& [name, value] : report.metrics) line[name] = value;
    line["seconds"] = report.seconds;
    context_.io.err_json(dump_json(line));
    return;
  }
  // Hundreds of short epochs must not flood a log: metrics.jsonl has them all.
  constexpr int64_t kLines = 25;
  const int64_t every = (report.epochs + kLines - 1) / kLines;
  if (report.epoch % every != 0 && report.epoch != 1 && report.epoch != report.epochs) return;
  context_.io.note(fmt::format("epoch {}/{}{}  lr {:.3g}  {}  {} samples/s{}", report.epoch, report.epochs,
                               metric_text(report.metrics), report.rate, human_duration(report.seconds),
                               human_count(static_cast<uint64_t>(report.samples_per_second)),
                               report.best ? "  *" : ""));
}

Json network_json(const Network& network) {
  Json layers = Json::array();
  for (const LayerRow& row : rows_of(network)) {
    layers.push_back({{"layer", row.layer}, {"output", row.output}, {"parameters", row.parameters}});
  }
  return {{"layers", std::move(layers)}, {"parameters", parameter_count(network)}};
}

std::string network_table(const Network& network) {
  Table table{{"LAYER", "OUTPUT", "PARAMETERS"}, {}};
  table.rows.push_back(
      {fmt::format("input ({})", name(network.input.kind)), shape_text(input_shape(network.input)), ""});
  for (const LayerRow& row : rows_of(network)) {
    table.rows.push_back({row.layer, shape_text(row.output),
                          row.parameters > 0 ? human_count(static_cast<uint64_t>(row.parameters)) : ""});
  }
  table.rows.push_back({"total", "", human_count(static_cast<uint64_t>(parameter_count(network)))});
  return render(table, false);
}

}  // namespace mlctl
