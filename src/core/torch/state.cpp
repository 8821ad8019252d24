#include "core/torch/state.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/torch/device_optimizer.h"

namespace mlctl::engine {
namespace {

Tensor copy_out(const at::Tensor& host, const Slot& slot) {
  const auto* data = reinterpret_cast<const char*>(host.data_ptr<float>() + slot.offset);
  return {DType::f32, slot.parameter.shape, std::string(data, size_t(slot.size) * sizeof(float))};
}

Tensor counter(int64_t value) {
  return {DType::i64, {}, std::string(reinterpret_cast<const char*>(&value), sizeof value)};
}

Result<int64_t> read_counter(const Tensor& tensor, const std::string& name) {
  int64_t value = 0;
  if (tensor.dtype != DType::i64 || tensor.bytes.size() != sizeof value)
    return fail(Exit::data, "tensor " + name + " is not one 64-bit integer");
  std::memcpy(&value, tensor.bytes.data(), sizeof value);
  return value;
}

std::string describe(const Tensor& tensor) {
  return fmt::format("{} [{}]", safetensors_name(tensor.dtype), fmt::join(tensor.shape, ", "));
}

Result<> copy_in(const TensorMap& tensors, const std::string& name, const Slot& slot,
                 const at::Tensor& host) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return fail(Exit::data, "the weights lack tensor " + name);
  const Tensor& tensor = found->second;
  const size_t bytes = size_t(slot.size) * sizeof(float);
  if (tensor.dtype != DType::f32 || tensor.shape != slot.parameter.shape || tensor.bytes.size() != bytes)
    return fail(Exit::data, fmt::format("tensor {} is {}, the network needs F32 [{}]", name, describe(tensor),
                                        fmt::join(slot.parameter.shape, ", ")));
  std::memcpy(host.data_ptr<float>() + slot.offset, tensor.bytes.data(), bytes);
  return {};
}

Result<> refuse_unknown(const TensorMap& tensors, const std::vector<std::string>& known) {
  for (const auto& entry : tensors)
    if (std::find(known.begin(), known.end(), entry.first) == known.end())
      return fail(Exit::data, "the network has no tensor " + entry.first);
  return {};
}

}  // namespace

State::State(const SessionSpec& spec, Layout layout, const TensorMap& weights, const at::Device& device)
    : optimizer_(spec.optimizer), layout_(std::move(layout)) {
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  values_ = at::zeros({layout_.total}, options);
  if (!spec.inference) {
    gradients_ = at::zeros({layout_.trainable}, options);
    for (size_t i = 0; i < moment_names(optimizer_).size(); ++i)
      moments_.push_back(at::zeros({layout_.trainable}, options));
  }
  if (auto loaded = load_weights(weights); !loaded) throw std::logic_error(loaded.error().message);
}

void State::update(double learning_rate, std::span<const Range> live) {
  ++steps_;
  const at::Tensor values = values_.narrow(0, 0, layout_.trainable);
  if (!values.device().is_cpu())
    return device_update(optimizer_, values, gradients_, moments_, learning_rate, steps_);
  flat_update(optimizer_,
              {values.data_ptr<float>(), gradients_.data_ptr<float>(), moments(), layout_.trainable, live},
              learning_rate, steps_);
}

std::vector<float*> State::moments() const {
  std::vector<float*> arrays;
  for (const at::Tensor& moment : moments_) arrays.push_back(moment.data_ptr<float>());
  return arrays;
}

TensorMap State::weights() const {
  const at::Tensor host = values_.to(at::kCPU);
  TensorMap tensors;
  for (const Slot& slot : layout_.slots)
    tensors.emplace(slot.parameter.name,
                    slot.parameter.dtype == DType::i64 ? counter(batches_tracked_) : copy_out(host, slot));
  return tensors;
}

Result<> State::load_weights(const TensorMap& tensors) {
  at::Tensor host = at::zeros({layout_.total}, at::kFloat);
  std::vector<std::string> known;
  int64_t batches = 0;
  for (const Slot& slot : layout_.slots) {
    const std::string& name = slot.parameter.name;
    known.push_back(name);
    if (slot.parameter.dtype == DType::f32) {
      TRY(copy_in(tensors, name, slot, host));
    } else if (const auto found = tensors.find(name); found != tensors.end()) {
      batches = TRY(read_counter(found->second, name));
    }
  }
  TRY(refuse_unknown(tensors, known));
  values_.copy_(host);
  batches_tracked_ = batches;
  return {};
}

TensorMap State::optimizer_state() const {
  TensorMap tensors;
  const auto names = moment_names(optimizer_);
  for (size_t i = 0; i < moments_.size(); ++i) {
    const at::Tensor host = moments_[i].to(at::kCPU);
    for (const Slot& slot : layout_.slots)
      if (slot.parameter.trainable)
        tensors.emplace(slot.parameter.name + "." + names[i], copy_out(host, slot));
  }
  tensors.emplace("step", counter(steps_));
  return tensors;
}

Result<> State::load_optimizer_state(const TensorMap& tensors) {
  const auto names = moment_names(optimizer_);
  std::vector<std::string> known = {"step"};
  std::vector<at::Tensor> loaded;
  for (const std::string& name : names) {
    loaded.push_back(at::zeros({layout_.trainable}, at::kFloat));
    for (const Slot& slot : layout_.slots) {
      if (!slot.parameter.trainable) continue;
      known.push_back(slot.parameter.name + "." + name);
      TRY(copy_in(tensors, known.back(), slot, loaded.back()));
    }
  }
  TRY(refuse_unknown(tensors, known));
  const auto step = tensors.find("step");
  if (step == tensors.end()) return fail(Exit::data, "the optimiser's state lacks tensor step");
  steps_ = TRY(read_counter(step->second, "step"));
  for (size_t i = 0; i < loaded.size(); ++i) moments_[i].copy_(loaded[i]);
  return {};
}

}  // namespace mlctl::engine
