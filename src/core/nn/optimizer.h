#pragma once
// PyTorch's optimisers (torch.optim of 1.13, single tensor, no amsgrad, not centered) as one fused pass over
// flat arrays.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/nn/executor.h"

namespace mlctl::engine {

// The names of the moments an optimiser keeps, as PyTorch's state dict has them.
std::vector<std::string> moment_names(const OptimizerSpec& spec);

// The numbers of one update, computed in double once per step.
struct UpdateScalars {
  float lr = 0, weight_decay = 0, keep = 1;  // keep: AdamW's 1 − lr·wd
  float beta1 = 0, one_minus_beta1 = 0, beta2 = 0, one_minus_beta2 = 0, epsilon = 0;
  float step_size = 0, correction2_root = 1;  // Adam: lr / (1 − β1^t), √(1 − β2^t)
  float momentum = 0, one_minus_dampening = 1;
  bool first = false;  // SGD's momentum buffer starts as the gradient
};
UpdateScalars update_scalars(const OptimizerSpec& spec, double learning_rate, int64_t step_number);

// √Σg² over the gradients, and what clip_grad_norm_ multiplies them by.
double gradient_norm(const float* gradients, std::span<const Range> ranges);
float clip_factor(double norm, double limit);

// The arrays of one session, each `count` long; `moments` in the order of moment_names.
struct FlatArrays {
  float* values;
  float* gradients;
  std::vector<float*> moments;
  int64_t count;
  std::span<const Range> live{};  // see Executor::live_ranges
};

// One update; the gradients are scaled in place when clipping is on. `step_number` counts from 1.
void flat_update(const OptimizerSpec& spec, const FlatArrays& arrays, double learning_rate,
                 int64_t step_number);

}  // namespace mlctl::engine
