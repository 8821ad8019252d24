#include "core/torch/device_optimizer.h"

#include <ATen/ATen.h>

namespace mlctl::engine {
namespace {

void clip(const at::Tensor& gradients, double limit) {
  const double norm = gradients.norm().to(at::kCPU).item<float>();
  const float factor = clip_factor(norm, limit);
  if (factor != 1.0f) gradients.mul_(factor);
}

void sgd(const OptimizerSpec& spec, const at::Tensor& values, at::Tensor g,
         const std::vector<at::Tensor>& moments, const UpdateScalars& s) {
  if (spec.momentum != 0) {
    const at::Tensor& buffer = moments[0];
    if (s.first)
      buffer.copy_(g);
    else
      buffer.mul_(spec.momentum).add_(g, 1 - spec.dampening);
    g = spec.nesterov ? g.add(buffer, spec.momentum) : buffer;
  }
  values.add_(g, -s.lr);
}

void rmsprop(const OptimizerSpec& spec, const at::Tensor& values, const at::Tensor& g,
             const std::vector<at::Tensor>& moments, const UpdateScalars& s) {
  const at::Tensor& square = moments.back();
  square.mul_(spec.alpha).addcmul_(g, g, 1 - spec.alpha);
  const at::Tensor root = square.sqrt().add_(spec.epsilon);
  if (spec.momentum == 0) {
    values.addcdiv_(g, root, -s.lr);
  } else {
    moments[0].mul_(spec.momentum).addcdiv_(g, root);
    values.add_(moments[0], -s.lr);
  }
}

}  // namespace

void device_update(const OptimizerSpec& spec, const at::Tensor& values, const at::Tensor& gradients,
                   const std::vector<at::Tensor>& moments, double learning_rate, int64_t step_number) {
  const at::NoGradGuard no_gradients;
  const UpdateScalars s = update_scalars(spec, learning_rate, step_number);
  if (spec.clip_norm > 0) clip(gradients, spec.clip_norm);
  if (s.keep != 1) values.mul_(s.keep);
  const at::Tensor g = s.weight_decay == 0 ? gradients : gradients.add(values, s.weight_decay);
  switch (spec.kind) {
    case OptimizerKind::sgd:
      return sgd(spec, values, g, moments, s);
    case OptimizerKind::rmsprop:
      return rmsprop(spec, values, g, moments, s);
    case OptimizerKind::adagrad:
      moments[0].addcmul_(g, g);
      values.addcdiv_(g, moments[0].sqrt().add_(spec.epsilon), -s.lr);
      return;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      moments[0].mul_(spec.beta1).add_(g, 1 - spec.beta1);
      moments[1].mul_(spec.beta2).addcmul_(g, g, 1 - spec.beta2);
      values.addcdiv_(moments[0], moments[1].sqrt().div_(s.correction2_root).add_(spec.epsilon),
                      -s.step_size);
  }
}

}  // namespace mlctl::engine
