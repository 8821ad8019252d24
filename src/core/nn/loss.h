#pragma once
// nn.CrossEntropyLoss (class weights, label smoothing) and nn.MSELoss, with their gradients.

#include "core/engine/engine.h"

namespace mlctl::engine {

// The loss of `output` [N, outputs]; `gradient`, when not null, receives its derivative.
StepResult batch_loss(const SessionSpec& spec, const Batch& batch, const float* output, float* gradient);

}  // namespace mlctl::engine
