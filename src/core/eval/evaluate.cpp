#include "core/eval/evaluate.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace mlctl {

namespace {

constexpr uint64_t kBatchBytes = uint64_t{64} << 20;

int64_t batch_size_for(const Model& model) {
  const InputSpec& input = model.network.input;
  const int64_t numbers = std::max<int64_t>(
      {1, input.channels * input.height * input.width, input.numeric + std::ssize(input.cardinalities)});
  return std::clamp<int64_t>(static_cast<int64_t>(kBatchBytes / sizeof(float)) / numbers, 1, 512);
}

// Encodes examples for one model and turns its outputs into what the tallies take.
struct Lane {
  explicit Lane(const Contender& contender)
      : model(contender.model), forward(contender.forward), encoder(*model) {}

  const Model* model;
  Forward forward;
  Encoder encoder;
  Encoded batch;
  std::vector<float> outputs;

  Result<> run(int64_t first) {
    outputs = TRY(forward(batch));
    const auto odd =
        std::find_if(outputs.begin(), outputs.end(), [](float value) { return !std::isfinite(value); });
    if (odd == outputs.end()) return {};
    const int64_t example = first + (odd - outputs.begin()) / model->network.outputs;
    return fail(Exit::failed, fmt::format("the model's output for example {} is not a number", example),
                "the training did not converge: train again with a smaller learning rate");
  }
  std::span<const float> row(int64_t k) const {
    const auto width = static_cast<size_t>(model->network.outputs);
    return std::span(outputs).subspan(static_cast<size_t>(k) * width, width);
  }
  std::vector<double> probabilities_of(int64_t k) const { return probabilities(row(k)); }
  double value(int64_t k) const { return value_of(*model, row(k).front()); }
  double truth(int64_t k) const {
    const float target = batch.targets[static_cast<size_t>(k)];
    return model->task == Task::recommendation ? static_cast<double>(target) : value_of(*model, target);
  }
};

size_t arg_max(const std::vector<double>& values) {
  return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

class Pass {
 public:
  Pass(const EvaluateRequest& request, Findings& findings) : request_(request), findings_(findings) {
    lanes_.emplace_back(request.model);
    if (request.baseline) lanes_.emplace_back(*request.baseline);
    if (!request.baseline || request.model.model->task != Task::classification) return;
    // The two may number their classes differently.
    for (const std::string& label : request.baseline->model->classes) {
      const auto& ours = request.model.model->classes;
      to_ours_.push_back(static_cast<size_t>(std::find(ours.begin(), ours.end(), label) - ours.begin()));
    }
  }

  Result<> add(const Sample& sample) {
    for (Lane& lane : lanes_) {
      Result<> added = lane.encoder.add_sample(sample, *request_.dataset, lane.batch);
      if (added) continue;
      added.error().message =
          fmt::format("{} split, example {}: {}", request_.split, sample.key, added.error().message);
      return added;
    }
    return {};
  }
  int64_t pending() const { return lanes_.front().batch.size; }

  Result<> flush() {
    const int64_t count = pending();
    if (count == 0) return {};
    for (Lane& lane : lanes_) TRY(lane.run(findings_.samples));
    for (int64_t k = 0; k < count; ++k) {
      if (findings_.classes) {
        tally_class(k);
      } else {
        tally_value(k);
      }
    }
    findings_.samples += count;
    for (Lane& lane : lanes_) lane.batch = {};
    return {};
  }

  Result<> compare(const sys::StopFlag& stop) {
    if (lanes_.size() < 2) return {};
    if (findings_.classes) {
      findings_.differences = TRY(compare_classes(class_pairs_, findings_.labels.size(), {}, stop));
    } else {
      findings_.differences = TRY(compare_errors(error_pairs_, {}, stop));
    }
    return {};
  }

 private:
  void tally_class(int64_t k) {
    const auto truth = static_cast<size_t>(lanes_[0].batch.labels[static_cast<size_t>(k)]);
    const std::vector<double> ours = lanes_[0].probabilities_of(k);
    findings_.classes->add(truth, ours);
    if (lanes_.size() < 2) return;
    const std::vector<double> theirs = lanes_[1].probabilities_of(k);
    const auto their_truth = static_cast<size_t>(lanes_[1].batch.labels[static_cast<size_t>(k)]);
    class_pairs_.push_back({static_cast<int32_t>(truth), static_cast<int32_t>(arg_max(ours)),
                            static_cast<int32_t>(to_ours_[arg_max(theirs)]),
                            static_cast<float>(log_loss_of(ours[truth])),
                            static_cast<float>(log_loss_of(theirs[their_truth]))});
  }
  void tally_value(int64_t k) {
    const double truth = lanes_[0].truth(k);
    findings_.values->add(truth, lanes_[0].value(k));
    if (lanes_.size() < 2) return;
    error_pairs_.push_back(
        {static_cast<float>(lanes_[0].value(k) - truth), static_cast<float>(lanes_[1].value(k) - truth)});
  }

  const EvaluateRequest& request_;
  Findings& findings_;
  std::vector<Lane> lanes_;
  std::vector<size_t> to_ours_;
  std::vector<PairedClasses> class_pairs_;
  std::vector<PairedErrors> error_pairs_;
};

Result<> check_baseline(const EvaluateRequest& request) {
  if (!request.baseline) return {};
  const Model& ours = *request.model.model;
  const Model& theirs = *request.baseline->model;
  TRY(check_compatible(theirs, *request.dataset));
  const bool same_classes = std::is_permutation(ours.classes.begin(), ours.classes.end(),
                                                theirs.classes.begin(), theirs.classes.end());
  if (ours.task == theirs.task && same_classes) return {};
  return fail(Exit::data, "the baseline is a model of another task or of other classes",
              "compare models of the same task and classes");
}

// The metrics, the ranking and the worst answers, once every example is in.
Result<> finish(const EvaluateRequest& request, Findings& findings, const sys::StopFlag& stop) {
  if (findings.classes) {
    findings.metrics = findings.classes->metrics();
    findings.worst = findings.classes->worst();
    return {};
  }
  const bool recommends = request.model.model->task == Task::recommendation;
  findings.metrics = findings.values->metrics(!recommends);
  findings.worst = findings.values->worst();
  if (!recommends) return {};
  RankingRequest ranking{request.model.model, request.model.forward, request.shards, request.dataset,
                         request.split};
  findings.ranking = TRY(score_ranking(ranking, stop));
  const bool some = findings.ranking->users > 0;
  findings.metrics["hit_rate@10"] = some ? nlohmann::ordered_json(findings.ranking->hit_rate) : nullptr;
  findings.metrics["ndcg@10"] = some ? nlohmann::ordered_json(findings.ranking->ndcg) : nullptr;
  return {};
}

}  // namespace

std::vector<std::string> metric_names(const Model& model) {
  if (model.task == Task::regression) return {"mse", "rmse", "mae", "r2"};
  if (model.task == Task::recommendation) return {"mse", "rmse", "mae", "hit_rate@10", "ndcg@10"};
  std::vector<std::string> names = {"accuracy", "balanced_accuracy", "precision", "recall", "f1", "log_loss"};
  if (model.classes.size() == 2) names.push_back("auc");
  return names;
}

Result<Findings> evaluate(const EvaluateRequest& request, const std::function<void(int64_t)>& progress,
                          const sys::StopFlag& stop) {
  const Model& model = *request.model.model;
  TRY(check_compatible(model, *request.dataset));
  TRY(check_baseline(request));
  Findings findings;
  findings.task = name(model.task);
  findings.labels = model.classes;
  if (model.task == Task::classification) {
    findings.classes.emplace(model.classes.size());
  } else {
    findings.values.emplace();
  }
  Pass pass(request, findings);
  const int64_t batch = request.batch_size > 0 ? request.batch_size : batch_size_for(model);
  const auto take = [&](const Sample& sample) -> Result<> {
    TRY(pass.add(sample));
    if (pass.pending() < batch) return {};
    if (stop) return fail(stop.code(), "stopped: an evaluation keeps nothing until it is done");
    TRY(pass.flush());
    progress(findings.samples);
    return {};
  };
  TRY(for_each_sample(*request.shards, *request.dataset, request.split, take));
  TRY(pass.flush());
  if (findings.samples == 0)
    return fail(Exit::data, fmt::format("the {} split is empty", request.split),
                "evaluate another split: DATASET:SPLIT");
  progress(findings.samples);
  TRY(pass.compare(stop));
  TRY(finish(request, findings, stop));
  return findings;
}

Result<std::vector<Example>> fetch_examples(const EvaluateRequest& request,
                                            const std::vector<Mistake>& mistakes) {
  std::map<int64_t, size_t> wanted;
  for (size_t k = 0; k < mistakes.size(); ++k) wanted[mistakes[k].index] = k;
  std::vector<Example> examples(mistakes.size());
  int64_t index = 0;
  if (wanted.empty()) return examples;
  TRY(for_each_sample(*request.shards, *request.dataset, request.split,
                      [&](const Sample& sample) -> Result<> {
                        const auto found = wanted.find(index++);
                        if (found == wanted.end()) return {};
                        examples[found->second] = {std::string(sample.key),
                                                   std::string(sample.source),
                                                   std::string(sample.image),
                                                   std::string(sample.text),
                                                   {sample.fields.begin(), sample.fields.end()}};
                        return {};
                      }));
  return examples;
}

}  // namespace mlctl
