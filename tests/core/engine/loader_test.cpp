#include <doctest/doctest.h>

#include "core/engine/engine.h"

using namespace mlctl;

TEST_CASE("the engine inside the program loads and trains") {
  const auto engine = load_engine();
  REQUIRE_MESSAGE(engine, (engine ? "" : engine.error().message));
  SessionSpec spec;
  spec.network.input.numeric = 2;
  spec.network.layers = {Layer{.kind = LayerKind::dense, .units = 1}};
  spec.network.outputs = 1;
  spec.loss = Loss::mse;
  const auto session = (*engine)->open(spec);
  REQUIRE(session);
  const std::vector<float> features = {1, 2, 3, 4}, targets = {1, 2};
  Batch batch{.size = 2, .features = features};
  batch.targets = targets;
  const double first = (*session)->step(batch, 0.01, 0).value().loss;
  CHECK((*session)->step(batch, 0.01, 1).value().loss < first);
  CHECK(load_engine().value() == *engine);
}
