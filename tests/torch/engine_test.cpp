// The engine's objects, linked directly: what every session promises, whatever the executor.

#include <doctest/doctest.h>

#include "torch/fixtures.h"

using namespace mlctl;
using namespace mlctl::fixtures;

TEST_CASE("the engine tells what it is") {
  const EngineInfo info = engine().info();
  CHECK(info.libtorch.size() >= 5);
  CHECK(info.threads == 2);
}

TEST_CASE("every network learns its batch") {
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    auto session = open(example.spec);
    const OwnedBatch batch = make_batch(example.spec, 8, 1);
    const double first = session->step(batch.view(), 0.005, 0).value().loss;
    double last = first;
    for (int64_t step = 1; step < 40; ++step) last = session->step(batch.view(), 0.005, step).value().loss;
    CHECK(last < first * 0.9);
  }
}

TEST_CASE("the same seed and steps give the same bits") {
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    TensorMap weights[2];
    for (TensorMap& each : weights) {
      auto session = open(example.spec);
      for (int64_t step = 0; step < 3; ++step)
        CHECK(session->step(make_batch(example.spec, 8, uint64_t(step)).view(), 0.01, step));
      each = session->weights().value();
    }
    for (const auto& [name, tensor] : weights[0])
      CHECK_MESSAGE(tensor.bytes == weights[1].at(name).bytes, name);
  }
}

TEST_CASE("a session restored from its state goes on with the same bits") {
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    auto whole = open(example.spec);
    auto first = open(example.spec), second = open(example.spec);
    for (int64_t step = 0; step < 4; ++step) {
      const OwnedBatch batch = make_batch(example.spec, 8, uint64_t(step));
      CHECK(whole->step(batch.view(), 0.01, step));
      CHECK((step < 2 ? first : second)->step(batch.view(), 0.01, step));
      if (step != 1) continue;
      CHECK(second->load_weights(first->weights().value()));
      CHECK(second->load_optimizer_state(first->optimizer_state().value()));
    }
    const auto expected = whole->weights().value(), weights = second->weights().value();
    for (const auto& [name, tensor] : expected) CHECK_MESSAGE(tensor.bytes == weights.at(name).bytes, name);
  }
}

TEST_CASE("weights of another network are refused by name and shape") {
  auto session = open(small_cnn());
  TensorMap weights = session->weights().value();
  weights.at("0.weight").shape = {8, 9};
  const auto wrong = session->load_weights(weights);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Exit::data);
  CHECK(wrong.error().message.find("tensor 0.weight is F32 [8, 9], the network needs F32 [") == 0);
  weights.erase("0.weight");
  CHECK(session->load_weights(weights).error().message == "the weights lack tensor 0.weight");
  TensorMap more = session->weights().value();
  more["99.weight"] = more.at("0.weight");
  CHECK(session->load_weights(more).error().message == "the network has no tensor 99.weight");
}

TEST_CASE("a batch that does not fit is an error, not a crash") {
  auto session = open(small_cnn());
  OwnedBatch batch = make_batch(small_cnn(), 4, 1);
  batch.labels[2] = 99;
  CHECK(session->step(batch.view(), 0.1, 0).error().message == "label 99 is outside 0..3");
  batch.labels.pop_back();
  CHECK(session->step(batch.view(), 0.1, 0).error().message == "the batch has 3 labels, the network needs 4");
  batch.features.pop_back();
  CHECK_FALSE(session->forward(batch.view()));
}

TEST_CASE("a CUDA device that is not there is a missing resource") {
  if (engine().info().cuda) return;
  SessionSpec spec = small_cnn();
  spec.device = "cuda";
  CHECK(engine().open(spec).error().code == Exit::resource);
  spec.device = "auto";
  CHECK(open(spec)->device() == "cpu");
}

TEST_CASE("an inference session computes and does not train") {
  SessionSpec spec = small_cnn();
  auto training = open(spec);
  spec.inference = true;
  auto inference = open(spec);
  CHECK(inference->load_weights(training->weights().value()));
  const OwnedBatch batch = make_batch(spec, 5, 3);
  double loss = 0;
  CHECK(inference->forward(batch.view(), &loss).value() == training->forward(batch.view()).value());
  CHECK(loss > 0);
  CHECK_FALSE(inference->step(batch.view(), 0.1, 0));
}

TEST_CASE("a diverged loss is returned, not hidden") {
  auto session = open(small_cnn());
  OwnedBatch batch = make_batch(small_cnn(), 4, 1);
  for (float& value : batch.features) value = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(session->step(batch.view(), 0.1, 0).value().loss));
}

TEST_CASE("the TorchScript archive is a zip") {
  for (const Example& example : examples()) {
    CAPTURE(example.name);
    CHECK(open(example.spec)->torchscript().value().substr(0, 2) == "PK");
  }
}
