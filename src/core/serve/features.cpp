// The features of an example that drift is watched on: the ones that the training statistics have.

#include <array>
#include <cmath>

#include "core/data/cells.h"
#include "core/data/stats.h"
#include "core/image/image_stats.h"
#include "core/serve/examples.h"

namespace mlctl::serve {

namespace {

const std::string* field_of(const Model& model, const Example& example, const std::string& name) {
  const std::vector<InputColumn>& columns = model.preprocess.table.columns;
  for (size_t at = 0; at < columns.size() && at < example.fields.size(); ++at) {
    if (columns[at].name == name) return &example.fields[at];
  }
  return nullptr;
}

const InputColumn* column_of(const Model& model, const std::string& name) {
  for (const InputColumn& column : model.preprocess.table.columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

void count_cell(const Sketch& sketch, size_t feature, const Model& model, const Example& example) {
  const FeatureStats& stats = sketch.statistics()[feature];
  const std::string* const cell = field_of(model, example, stats.name);
  const InputColumn* const column = column_of(model, stats.name);
  if (cell == nullptr || column == nullptr) return;
  if (is_missing(*cell)) {
    sketch.missing(feature);
  } else if (stats.categorical) {
    sketch.category(feature, *cell);
  } else {
    sketch.number(feature, cell_number(column->type, *cell, column->form).value_or(std::nan("")));
  }
}

void count_look(const Sketch& sketch, size_t feature, const ImageFeatures& looks) {
  const std::array<double, kImageFeatures.size()> values = {looks.brightness, looks.contrast, looks.width,
                                                            looks.height};
  for (size_t at = 0; at < kImageFeatures.size(); ++at) {
    if (sketch.statistics()[feature].name == kImageFeatures[at]) sketch.number(feature, values[at]);
  }
}

}  // namespace

void count_features(const Sketch& sketch, const Model& model, const Example& example) {
  const bool image = model.network.input.kind == InputKind::image && !sketch.statistics().empty();
  const ImageFeatures looks = image ? image_features(example.pixels) : ImageFeatures{};
  for (size_t feature = 0; feature < sketch.statistics().size(); ++feature) {
    const std::string& name = sketch.statistics()[feature].name;
    switch (model.network.input.kind) {
      case InputKind::text:
        if (name == "length") sketch.number(feature, static_cast<double>(text_length(example.text)));
        break;
      case InputKind::table:
        count_cell(sketch, feature, model, example);
        break;
      case InputKind::image:
        // Tensors come in the model's size, whatever the picture's was.
        if (!example.input.is_null() || name == "brightness" || name == "contrast") {
          count_look(sketch, feature, looks);
        }
        break;
      case InputKind::ratings:
        break;
    }
  }
}

}  // namespace mlctl::serve
