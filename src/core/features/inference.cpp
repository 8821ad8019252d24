#include "core/features/inference.h"

namespace mlctl {

Batch batch_of(const Encoded& examples) {
  Batch batch;
  batch.size = examples.size;
  batch.features = examples.features;
  batch.codes = examples.codes;
  batch.tokens = examples.tokens;
  if (!examples.offsets.empty())
    batch.offsets = std::span(examples.offsets).first(examples.offsets.size() - 1);
  batch.labels = examples.labels;
  batch.targets = examples.targets;
  return batch;
}

Result<Forward> open_forward(Engine& engine, const Package& package, const std::string& device) {
  const Model& model = package.model;
  SessionSpec spec;
  spec.network = model.network;
  spec.loss = model.task == Task::classification ? Loss::cross_entropy : Loss::mse;
  spec.device = device;
  spec.inference = true;
  const std::shared_ptr<Session> session = TRY(engine.open(spec));
  TRY(session->load_weights(package.weights));
  return Forward([session](const Encoded& examples) { return session->forward(batch_of(examples)); });
}

}  // namespace mlctl
