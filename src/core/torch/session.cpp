#include "core/torch/session.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <omp.h>
#include <torch/cuda.h>

#include "core/nn/check.h"
#include "core/nn/guard.h"
#include "core/nn/plan.h"
#include "core/torch/state.h"
#include "core/torch/torch_executor.h"
#include "core/torch/torchscript.h"

namespace mlctl::engine {
namespace {

class TorchSession final : public Session {
 public:
  TorchSession(SessionSpec spec, Layout layout, const TensorMap& weights, const at::Device& device,
               int threads)
      : spec_(std::move(spec)), threads_(threads), state_(spec_, std::move(layout), weights, device) {
    if (device.is_cpu()) {
      float* gradients = state_.gradients().defined() ? state_.gradients().data_ptr<float>() : nullptr;
      executor_ = make_plan(spec_, state_.layout(), state_.values().data_ptr<float>(), gradients);
    }
    if (!executor_)
      executor_ = make_torch_executor(spec_, state_.layout(), state_.values(), state_.gradients());
  }

  Result<StepResult> step(const Batch& batch, double learning_rate, int64_t step) override {
    if (spec_.inference) return fail(Exit::failed, "the session was opened for inference");
    TRY(check_batch(spec_, batch, true));
    return guard([&]() -> Result<StepResult> {
      use_threads();
      const StepResult result = executor_->gradients(batch, step);
      state_.count_batch();
      state_.update(learning_rate, executor_->live_ranges());
      return result;
    });
  }

  Result<std::vector<float>> forward(const Batch& batch, double* loss) override {
    TRY(check_batch(spec_, batch, loss != nullptr));
    return guard([&]() -> Result<std::vector<float>> {
      use_threads();
      return executor_->forward(batch, loss);
    });
  }

  Result<TensorMap> weights() override {
    return guard([&]() -> Result<TensorMap> { return state_.weights(); });
  }
  Result<> load_weights(const TensorMap& tensors) override {
    return guard([&] { return state_.load_weights(tensors); });
  }
  Result<TensorMap> optimizer_state() override {
    if (spec_.inference) return fail(Exit::failed, "the session was opened for inference");
    return guard([&]() -> Result<TensorMap> { return state_.optimizer_state(); });
  }
  Result<> load_optimizer_state(const TensorMap& tensors) override {
    if (spec_.inference) return fail(Exit::failed, "the session was opened for inference");
    return guard([&]() -> Result<> {
      TRY(state_.load_optimizer_state(tensors));
      if (!state_.values().device().is_cpu()) return {};
      const auto moments = state_.moments();
      executor_->recall({moments.begin(), moments.end()});
      return {};
    });
  }

  Result<std::string> torchscript() override {
    return guard([&]() -> Result<std::string> {
      return trace_archive(spec_.network, view_tensors(state_.layout(), state_.values().to(at::kCPU)));
    });
  }

  std::string device() const override { return state_.values().device().str(); }

 private:
  // OpenMP's thread count belongs to the calling thread, and a session may be called from several in turn.
  void use_threads() const {
    // Asked first, because a thread's first call into ATen sets the process's default.
    if (at::get_num_threads() != threads_) omp_set_num_threads(threads_);
  }

  SessionSpec spec_;
  int threads_;
  State state_;
  std::unique_ptr<Executor> executor_;
};

Result<at::Device> pick_device(const std::string& wanted) {
  if (wanted != "auto" && wanted != "cpu" && wanted != "cuda")
    return fail(Exit::usage, "unknown device '" + wanted + "'", "use auto, cpu or cuda");
  if (wanted == "cpu") return at::Device(at::kCPU);
  if (torch::cuda::is_available()) return at::Device(at::kCUDA, 0);
  if (wanted == "auto") return at::Device(at::kCPU);
  return fail(Exit::resource, "device cuda: this libtorch sees no CUDA device",
              "use `device: auto`, or point MLCTL_ENGINE at an engine built against a CUDA libtorch");
}

}  // namespace

Result<std::unique_ptr<Session>> open_session(const SessionSpec& spec, int threads) {
  if (spec.precision != "f32")
    return fail(Exit::usage, "precision " + spec.precision + " is not supported", "use f32");
  const auto outputs = static_cast<size_t>(spec.network.outputs);
  auto layout = make_layout(TRY(parameters(spec.network)));
  if (!spec.class_weights.empty() && spec.class_weights.size() != outputs)
    return fail(Exit::data, "there are " + std::to_string(spec.class_weights.size()) + " class weights for " +
                                std::to_string(outputs) + " classes");
  if (spec.loss == Loss::mse && outputs != 1)
    return fail(Exit::data,
                "mean squared error needs one output, the network has " + std::to_string(outputs));
  const auto device = TRY(guard([&] { return pick_device(spec.device); }));
  const auto weights = TRY(initial_weights(spec.network, spec.seed));
  return guard([&]() -> Result<std::unique_ptr<Session>> {
    return std::make_unique<TorchSession>(spec, std::move(layout), weights, device,
                                          spec.threads > 0 ? spec.threads : threads);
  });
}

}  // namespace mlctl::engine
