#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/features/fit.h"
#include "core/train/layers.h"
#include "core/train/train.h"

namespace mlctl {

namespace {

InputKind input_kind(DatasetKind kind) {
  switch (kind) {
    case DatasetKind::image:
      return InputKind::image;
    case DatasetKind::text:
      return InputKind::text;
    case DatasetKind::table:
      return InputKind::table;
    case DatasetKind::ratings:
      return InputKind::ratings;
  }
  return InputKind::table;
}

Result<> check_class_weights(const TrainSpec& spec, const Dataset& dataset) {
  for (const auto& [label, weight] : spec.class_weights) {
    if (std::find(dataset.classes.begin(), dataset.classes.end(), label) != dataset.classes.end()) continue;
    const std::string near = did_you_mean(label, dataset.classes);
    return fail(
        Exit::manifest, fmt::format("spec.classWeights: the dataset has no class \"{}\"", label),
        near.empty() ? "its classes: " + join(dataset.classes, ", ") : fmt::format("did you mean {}?", near));
  }
  return {};
}

// The statistics of the model's inputs only: drift of other columns does not concern it.
std::vector<FeatureStats> input_statistics(const Dataset& dataset) {
  std::vector<FeatureStats> inputs;
  for (const FeatureStats& stats : dataset.statistics) {
    const auto column = std::find_if(dataset.columns.begin(), dataset.columns.end(),
                                     [&](const Column& each) { return each.name == stats.name; });
    if (column == dataset.columns.end() || column->role == Role::feature) inputs.push_back(stats);
  }
  return inputs;
}

Result<Model> make_model(const TrainRequest& request, TrainPlan& plan, const sys::StopFlag& stop) {
  const Dataset& dataset = plan.dataset;
  const InputKind kind = input_kind(dataset.kind);
  Preprocess wanted;
  wanted.image = plan.spec.image;
  wanted.text = plan.spec.text;
  Model model;
  model.task = plan.spec.task;
  model.classes = dataset.classes;
  model.statistics = input_statistics(dataset);
  model.preprocess = TRY(fit_preprocess(*request.dataset, dataset, plan.spec.train_split, wanted, stop));
  const auto classes = static_cast<int64_t>(dataset.classes.size());
  const int64_t outputs = model.task == Task::classification ? classes : 1;
  model.network = TRY(build_network(plan.spec.model, input_of(model.preprocess, kind), outputs));
  if (kind == InputKind::ratings) model.network.output_mean = model.preprocess.ratings.mean;
  model.training = as_written(plan.completed, request.expansions);
  model.lineage = {{"command", "train"},
                   {"dataset", {{"digest", plan.dataset_digest}, {"lineage", dataset.lineage}}}};
  return model;
}

}  // namespace

Result<TrainPlan> settle_training(const TrainRequest& request) {
  TrainPlan plan;
  plan.dataset = TRY(request.dataset->open());
  plan.dataset_digest = dataset_digest(plan.dataset);
  plan.completed = TRY(with_defaults(request.spec, plan.dataset));
  plan.spec = TRY(train_spec_from_json(plan.completed));
  TRY(check_class_weights(plan.spec, plan.dataset));
  TRY(request.dataset->verify(plan.dataset));
  return plan;
}

Result<> fit_plan(const TrainRequest& request, TrainPlan& plan, const sys::StopFlag& stop) {
  plan.model = TRY(make_model(request, plan, stop));
  return {};
}

Result<TrainPlan> plan_training(const TrainRequest& request, const sys::StopFlag& stop) {
  TrainPlan plan = TRY(settle_training(request));
  TRY(fit_plan(request, plan, stop));
  return plan;
}

}  // namespace mlctl
