#pragma once
// An Engine without libtorch: one linear layer over a table's numbers, SGD with momentum. Small enough to be
// checked by hand, real enough for a training to go well, badly, or on after an interruption.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>

#include "core/engine/engine.h"
#include "core/engine/parameters.h"

namespace mlctl::test {

inline Tensor tensor_of(const std::vector<float>& values) {
  return {DType::f32,
          {static_cast<int64_t>(values.size())},
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))};
}

inline std::vector<float> floats_of(const Tensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

class LinearSession final : public Session {
 public:
  LinearSession(const SessionSpec& spec, std::function<void(int64_t)> before_step)
      : spec_(spec),
        inputs_(static_cast<size_t>(spec.network.input.numeric)),
        outputs_(static_cast<size_t>(spec.network.outputs)),
        weights_((inputs_ + 1) * outputs_),
        momentum_(weights_.size()),
        parameters_(mlctl::parameters(spec.network).value()),
        before_step_(std::move(before_step)) {}

  Result<StepResult> step(const Batch& batch, double rate, int64_t step) override {
    if (before_step_) before_step_(step);
    std::vector<float> gradient(weights_.size());
    StepResult result;
    for (int64_t i = 0; i < batch.size; ++i) {
      std::vector<float> delta = errors(batch, i, result);
      for (size_t out = 0; out < outputs_; ++out) {
        for (size_t in = 0; in <= inputs_; ++in) {
          gradient[out * (inputs_ + 1) + in] +=
              delta[out] * input(batch, i, in) / static_cast<float>(batch.size);
        }
      }
    }
    result.loss /= static_cast<double>(batch.size);
    for (size_t k = 0; k < weights_.size(); ++k) {
      momentum_[k] = 0.9F * momentum_[k] + gradient[k];
      weights_[k] -= static_cast<float>(rate) * momentum_[k];
    }
    return result;
  }

  Result<std::vector<float>> forward(const Batch& batch, double* loss) override {
    std::vector<float> all;
    StepResult result;
    for (int64_t i = 0; i < batch.size; ++i) {
      const std::vector<float> row = outputs(batch, i);
      all.insert(all.end(), row.begin(), row.end());
      errors(batch, i, result);
    }
    if (loss != nullptr) *loss = result.loss / static_cast<double>(batch.size);
    return all;
  }

  // Under the names and shapes that the network's tensors have, as a model needs them: one after the other
  // they hold the few numbers that there are, then zeros.
  Result<TensorMap> weights() override {
    TensorMap tensors;
    size_t at = 0;
    for (const Parameter& parameter : parameters_) {
      std::vector<float> values(static_cast<size_t>(element_count(parameter.shape)));
      for (float& value : values) value = at < weights_.size() ? weights_[at++] : 0;
      tensors[parameter.name] = {DType::f32, parameter.shape, tensor_of(values).bytes};
    }
    return tensors;
  }
  Result<> load_weights(const TensorMap& tensors) override {
    std::vector<float> all;
    for (const Parameter& parameter : parameters_) {
      const std::vector<float> values = floats_of(tensors.at(parameter.name));
      all.insert(all.end(), values.begin(), values.end());
    }
    std::copy_n(all.begin(), weights_.size(), weights_.begin());
    return {};
  }
  Result<TensorMap> optimizer_state() override {
    return TensorMap{{"1.weight.momentum", tensor_of(momentum_)}};
  }
  Result<> load_optimizer_state(const TensorMap& tensors) override {
    momentum_ = floats_of(tensors.at("1.weight.momentum"));
    return {};
  }
  Result<std::string> torchscript() override { return std::string(); }
  std::string device() const override { return "cpu"; }

 private:
  float input(const Batch& batch, int64_t i, size_t in) const {
    return in == inputs_ ? 1.0F : batch.features[static_cast<size_t>(i) * inputs_ + in];
  }

  std::vector<float> outputs(const Batch& batch, int64_t i) const {
    std::vector<float> out(outputs_);
    for (size_t o = 0; o < outputs_; ++o) {
      for (size_t in = 0; in <= inputs_; ++in)
        out[o] += weights_[o * (inputs_ + 1) + in] * input(batch, i, in);
    }
    return out;
  }

  // d loss / d output, adding to the loss and the count of hits.
  std::vector<float> errors(const Batch& batch, int64_t i, StepResult& result) const {
    std::vector<float> out = outputs(batch, i);
    if (spec_.loss == Loss::mse) {
      const float error = out[0] - batch.targets[static_cast<size_t>(i)];
      result.loss += static_cast<double>(error * error);
      return {2 * error};
    }
    const auto label = static_cast<size_t>(batch.labels[static_cast<size_t>(i)]);
    if (std::max_element(out.begin(), out.end()) - out.begin() == static_cast<ptrdiff_t>(label))
      ++result.correct;
    const float top = *std::max_element(out.begin(), out.end());
    float sum = 0;
    for (float& each : out) sum += each = std::exp(each - top);
    for (float& each : out) each /= sum;
    result.loss -= std::log(static_cast<double>(out[label]));
    out[label] -= 1;
    return out;
  }

  SessionSpec spec_;
  size_t inputs_, outputs_;
  std::vector<float> weights_, momentum_;
  std::vector<Parameter> parameters_;
  std::function<void(int64_t)> before_step_;
};

class LinearEngine final : public Engine {
 public:
  std::function<void(int64_t)> before_step;  // called with the step's number
  int threads = 2;

  EngineInfo info() override { return {"none", false, 0, "none", threads}; }
  Result<std::unique_ptr<Session>> open(const SessionSpec& spec) override {
    return std::make_unique<LinearSession>(spec, before_step);
  }
};

}  // namespace mlctl::test
