#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/features/encode.h"

namespace mlctl {

namespace {

constexpr const char* kHint = "use a dataset with the columns and labels the model was trained on";

const char* kind_name(InputKind kind) {
  constexpr const char* kNames[] = {"image", "table", "text", "ratings"};
  return kNames[static_cast<int>(kind)];
}

Result<> check_columns(const TablePreprocess& table, const Dataset& dataset) {
  std::map<std::string_view, ColumnType> types;
  for (const Column& column : dataset.columns) types.emplace(column.name, column.type);
  for (const InputColumn& column : table.columns) {
    const auto found = types.find(column.name);
    if (found == types.end()) {
      return fail(Exit::data,
                  fmt::format("the model needs the column \"{}\", the dataset has none", column.name), kHint);
    }
    const bool category = found->second == ColumnType::category;
    if (category != (column.type == ColumnType::category)) {
      return fail(Exit::data,
                  fmt::format("the column \"{}\" is of type {} in the dataset, {} in the model", column.name,
                              name(found->second), name(column.type)),
                  kHint);
    }
  }
  return {};
}

Result<> check_classes(const Model& model, const Dataset& dataset) {
  if (!dataset.classification()) {
    return fail(Exit::data, "the model tells classes, the dataset has none", kHint);
  }
  const std::set<std::string_view> known(model.classes.begin(), model.classes.end());
  for (const std::string& each : dataset.classes) {
    if (!known.contains(each)) {
      return fail(Exit::data,
                  fmt::format("the model does not know the class \"{}\"; its classes: {}", each,
                              join(model.classes, ", ")),
                  kHint);
    }
  }
  return {};
}

}  // namespace

Result<> check_compatible(const Model& model, const Dataset& dataset) {
  const InputKind kind = model.network.input.kind;
  if (std::string_view(kind_name(kind)) != name(dataset.kind)) {
    return fail(Exit::data,
                fmt::format("the model takes {} data, the dataset is of kind {}", kind_name(kind),
                            name(dataset.kind)),
                kHint);
  }
  if (kind == InputKind::table) TRY(check_columns(model.preprocess.table, dataset));
  if (model.task == Task::classification) return check_classes(model, dataset);
  if (model.task == Task::regression &&
      (dataset.classification() || dataset.column(Role::label) == nullptr)) {
    return fail(Exit::data, "the model predicts a number, the dataset has no number as its label", kHint);
  }
  return {};
}

}  // namespace mlctl
