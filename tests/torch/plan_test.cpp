// The fused plan against its oracle, plain libtorch: the same flat arrays in, the same numbers out.

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/nn/optimizer.h"
#include "core/nn/plan.h"
#include "core/nn/pool.h"
#include "core/torch/torch_executor.h"
#include "torch/fixtures.h"

using namespace mlctl;
using namespace mlctl::engine;
using namespace mlctl::fixtures;

namespace {

// One executor with arrays of its own; both kinds start from the same seed.
struct Half {
  Half(const SessionSpec& spec, bool fused) : layout(make_layout(parameters(spec.network).value())) {
    values = at::zeros({layout.total});
    gradients = at::zeros({layout.trainable});
    const TensorMap weights = initial_weights(spec.network, spec.seed).value();
    for (const Slot& slot : layout.slots)
      if (slot.size > 0)
        std::memcpy(values.data_ptr<float>() + slot.offset, weights.at(slot.parameter.name).bytes.data(),
                    size_t(slot.size) * sizeof(float));
    executor = fused ? make_plan(spec, layout, values.data_ptr<float>(), gradients.data_ptr<float>())
                     : make_torch_executor(spec, layout, values, gradients);
  }

  Layout layout;
  at::Tensor values, gradients;
  std::unique_ptr<Executor> executor;
};

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<float>();
}

void compare(const SessionSpec& spec, int64_t rows) {
  Half fused(spec, true), plain(spec, false);
  REQUIRE(fused.executor);
  for (int64_t step = 0; step < 2; ++step) {
    const OwnedBatch batch = make_batch(spec, rows, uint64_t(step));
    const StepResult ours = fused.executor->gradients(batch.view(), step);
    const StepResult theirs = plain.executor->gradients(batch.view(), step);
    CHECK(ours.loss == doctest::Approx(theirs.loss).epsilon(1e-5));
    CHECK(ours.correct == theirs.correct);
    const double scale = plain.gradients.abs().max().item<float>();
    CHECK(difference(fused.gradients, plain.gradients) <= 1e-4 * scale);
    double our_loss = 0, their_loss = 0;
    const auto our_output = fused.executor->forward(batch.view(), &our_loss);
    const auto their_output = plain.executor->forward(batch.view(), &their_loss);
    CHECK(our_loss == doctest::Approx(their_loss).epsilon(1e-5));
    for (size_t i = 0; i < our_output.size(); ++i)
      REQUIRE(our_output[i] == doctest::Approx(their_output[i]).epsilon(1e-4));
  }
}

}  // namespace

TEST_CASE("fused blocks agree with libtorch on every network they take") {
  for (const Example& example : fusible()) {
    CAPTURE(example.name);
    for (const int64_t rows : {1, 7, 16}) {
      CAPTURE(rows);
      compare(example.spec, rows);
    }
  }
}

TEST_CASE("a batch larger than one cache-sized chunk gives the same gradients") {
  compare(large_cnn(), 7);
}

TEST_CASE("weighted and smoothed losses agree with libtorch") {
  SessionSpec spec = small_cnn();
  spec.class_weights = {0.1F, 2, 1, 0.5F};
  compare(spec, 9);
  spec.label_smoothing = 0.15;
  compare(spec, 9);
  spec.class_weights.clear();
  compare(spec, 9);
}

TEST_CASE("updating only the rows that were ever named gives the bits of updating all") {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw,
                                   OptimizerKind::rmsprop, OptimizerKind::adagrad}) {
    for (const Example& example : fusible()) {
      CAPTURE(example.name);
      OptimizerSpec optimizer{.kind = kind, .momentum = 0.5};
      Half some(example.spec, true), all(example.spec, true);
      std::vector<at::Tensor> moments[2];
      for (int64_t step = 0; step < 4; ++step) {
        const OwnedBatch batch = make_batch(example.spec, 3, uint64_t(step));
        for (Half* half : {&some, &all}) {
          half->executor->gradients(batch.view(), step);
          auto& own = moments[half == &all];
          std::vector<float*> pointers;
          while (own.size() < moment_names(optimizer).size())
            own.push_back(at::zeros({half->layout.trainable}));
          for (const at::Tensor& moment : own) pointers.push_back(moment.data_ptr<float>());
          const auto live = half == &some ? half->executor->live_ranges() : std::span<const Range>{};
          flat_update(optimizer,
                      {half->values.data_ptr<float>(), half->gradients.data_ptr<float>(), pointers,
                       half->layout.trainable, live},
                      0.01, step + 1);
        }
      }
      CHECK(some.values.equal(all.values));
    }
  }
}

TEST_CASE("networks with layers that have no block are left to libtorch") {
  for (const Example& example : examples()) {
    const bool fused = Half(example.spec, true).executor != nullptr;
    CHECK_MESSAGE(fused == (example.name != "batchnorm_cnn" && example.name != "resnet18"), example.name);
  }
}

TEST_CASE("max pooling keeps NaN, as PyTorch does") {
  PoolShape shape{.planes = 1,
                  .lanes = 8,
                  .height = 2,
                  .width = 2,
                  .out_height = 1,
                  .out_width = 1,
                  .kernel_h = 2,
                  .kernel_w = 2,
                  .stride_h = 2,
                  .stride_w = 2,
                  .padding_h = 0,
                  .padding_w = 0};
  std::vector<float> input(32, 1.0F), output(8);
  input[9] = std::numeric_limits<float>::quiet_NaN();
  if (__builtin_cpu_supports("avx2")) {
    pool_forward(shape, input.data(), output.data(), nullptr, true);
    CHECK(output[0] == 1);
    CHECK(std::isnan(output[1]));
  }
}
