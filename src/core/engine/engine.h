#pragma once
// The seam to the tensor library. The engine only knows arrays: it has no files, no epochs, no manifests.
// Everything that decides (order of the data, schedules, checkpoints, stopping) lives in core/train and runs
// without libtorch. No torch type and no exception crosses this interface.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/network.h"
#include "core/tensor/tensor.h"

namespace mlctl {

// One batch, row-major views that the caller owns; valid during the call. Only the members of the network's
// InputKind are set.
struct Batch {
  int64_t size = 0;
  std::span<const float> features{};   // image [N, C, H, W]; table [N, numeric]
  std::span<const int32_t> codes{};    // table [N, categorical columns]; ratings [N, 2] = (user, item)
  std::span<const int32_t> tokens{};   // text: all token ids one after the other
  std::span<const int64_t> offsets{};  // text [N]: where each example's tokens begin (nn.EmbeddingBag)
  std::span<const int32_t> labels{};   // classification [N]; empty when only predicting
  std::span<const float> targets{};    // regression, recommendation [N]
};

enum class Loss { cross_entropy, mse };
enum class OptimizerKind { sgd, adam, adamw, rmsprop, adagrad };

// Defaults and update rules are PyTorch's (torch.optim of 1.13), term by term.
struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::adam;
  double momentum = 0, dampening = 0;
  bool nesterov = false;
  double weight_decay = 0;  // L2 added to the gradient; decoupled for adamw
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;  // PyTorch's default for adagrad is 1e-10: the caller sets it
  double alpha = 0.99;    // rmsprop smoothing
  double clip_norm = 0;   // gradients' global L2 norm is clipped to this; 0 = off
};

struct SessionSpec {
  Network network;
  Loss loss = Loss::cross_entropy;
  // [outputs] or empty; the loss is then the weighted mean, as nn.CrossEntropyLoss
  std::vector<float> class_weights;
  double label_smoothing = 0;
  OptimizerSpec optimizer;
  std::string device = "auto";  // auto | cpu | cuda
  std::string precision = "f32";
  int threads = 0;         // 0: the CPU quota
  uint64_t seed = 1;       // initial weights (PyTorch's default initialisation) and dropout
  bool inference = false;  // no optimiser, no gradients
};

struct StepResult {
  double loss = 0;      // mean over the batch, before the update
  int64_t correct = 0;  // classification: examples whose arg max is their label
};

// A network with its weights on a device, that answers. Not thread-safe.
class Predictor {
 public:
  virtual ~Predictor() = default;
  // Logits or values, [N, outputs], in evaluation mode. `loss`, when not null, receives the mean loss of the
  // batch.
  virtual Result<std::vector<float>> forward(const Batch& batch, double* loss = nullptr) = 0;
  virtual std::string device() const = 0;  // "cpu" or "cuda:0"
};

// … with its optimiser, that learns.
class Session : public Predictor {
 public:
  // One optimiser step. `step` counts from 0 over the whole training and seeds dropout, so a resumed run
  // draws the same numbers.
  virtual Result<StepResult> step(const Batch& batch, double learning_rate, int64_t step) = 0;

  // Named copies of the weights (parameters and buffers, PyTorch's names), and of the optimiser's state
  // ("NAME.exp_avg", "NAME.momentum_buffer", …, "step"). Loading checks names and shapes: mismatch → 7.
  virtual Result<TensorMap> weights() = 0;
  virtual Result<> load_weights(const TensorMap& tensors) = 0;
  virtual Result<TensorMap> optimizer_state() = 0;
  virtual Result<> load_optimizer_state(const TensorMap& tensors) = 0;

  // The TorchScript archive (.pt) that computes forward(): bytes of a zip that torch.jit.load reads. Its
  // inputs are the Batch's members in order: image: features; table: features, codes; text: tokens, offsets;
  // ratings: codes.
  virtual Result<std::string> torchscript() = 0;
};

struct EngineInfo {
  std::string libtorch;  // "1.13.1"
  bool cuda = false;
  int cuda_devices = 0;
  std::string blas;  // "OpenBLAS 0.3.21 (SkylakeX)", as far as it can be told
  int threads = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual EngineInfo info() = 0;
  virtual Result<std::unique_ptr<Session>> open(const SessionSpec& spec) = 0;
};

// Loads the engine module on first use (see loader.cpp). libtorch absent → 12 with the install line.
Result<Engine*> load_engine();
// What the engine must have been built as: its seam's headers and the compiler, hashed.
const char* engine_id();

}  // namespace mlctl
