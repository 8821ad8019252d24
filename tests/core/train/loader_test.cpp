#include "core/train/loader.h"

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "core/train/augment.h"

using namespace mlctl;

namespace {

// 10 samples of two features, 2i and 2i + 1, with the target i.
struct Numbers {
  std::vector<float> features = std::vector<float>(20), targets = std::vector<float>(10);
  PackedSplit split;
  Model model;
  Numbers() {
    std::iota(features.begin(), features.end(), 0.0F);
    std::iota(targets.begin(), targets.end(), 0.0F);
    split.size = 10;
    split.features = features;
    split.targets = targets;
    model.task = Task::regression;
  }
};

std::vector<float> drain(Batches& batches) {
  std::vector<float> all;
  while (const BatchBuffer* batch = batches.next()) {
    all.insert(all.end(), batch->targets.begin(), batch->targets.end());
    for (size_t i = 0; i < batch->targets.size(); ++i) CHECK(batch->features[2 * i] == 2 * batch->targets[i]);
  }
  return all;
}

}  // namespace

TEST_CASE("loader: an epoch's order is a permutation that only seed and epoch decide") {
  auto order = epoch_order(1000, 1, 0);
  CHECK(order == epoch_order(1000, 1, 0));
  CHECK(order != epoch_order(1000, 1, 1));
  CHECK(order != epoch_order(1000, 2, 0));
  std::sort(order.begin(), order.end());
  for (uint32_t i = 0; i < 1000; ++i) CHECK(order[i] == i);
}

TEST_CASE("loader: batches follow the order, the last one is shorter") {
  const Numbers numbers;
  const Filler filler(numbers.split, numbers.model, {}, 1);
  const auto order = epoch_order(10, 7, 0);
  Batches batches(filler, order, 4, 0);
  const auto all = drain(batches);
  REQUIRE(all.size() == 10);
  for (size_t i = 0; i < 10; ++i) CHECK(all[i] == static_cast<float>(order[i]));
}

TEST_CASE("loader: from a batch in the middle it goes on as the whole would") {
  const Numbers numbers;
  const Filler filler(numbers.split, numbers.model, {}, 1);
  const auto order = epoch_order(10, 7, 0);
  Batches whole(filler, order, 3, 0), rest(filler, order, 3, 0, 2), none(filler, order, 3, 0, 4);
  const auto all = drain(whole), end = drain(rest);
  CHECK(std::vector<float>(all.begin() + 6, all.end()) == end);
  CHECK(none.next() == nullptr);
}

TEST_CASE("loader: stopping in the middle of an epoch is clean") {
  const Numbers numbers;
  const Filler filler(numbers.split, numbers.model, {}, 1);
  Batches batches(filler, epoch_order(10, 7, 0), 1, 0);
  CHECK(batches.next() != nullptr);
}

TEST_CASE("augment: each change does what its name says") {
  const ImagePreprocess image{2, 3, 1, {0}, {1}};
  const std::vector<uint8_t> in = {1, 2, 3, 4, 5, 6};
  const auto changed = [&](const Augment& what, uint64_t seed) {
    std::vector<uint8_t> out(6);
    augment(what, image, Random(seed), in, out);
    return out;
  };
  int flips = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const auto out = changed({.flip = true}, seed);
    CHECK((out == in || out == std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
    flips += out != in;
    CHECK(changed({.flip = true, .rotate = 20, .crop = 1, .color = 0.3}, seed) ==
          changed({.flip = true, .rotate = 20, .crop = 1, .color = 0.3}, seed));
  }
  CHECK(flips > 30);
  CHECK(flips < 70);
  CHECK(changed({}, 1) == in);
  bool moved = false, lighter = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    moved = moved || changed({.crop = 1}, seed) == std::vector<uint8_t>{2, 3, 3, 5, 6, 6};
    lighter = lighter || changed({.color = 0.9}, seed)[0] > 10;
  }
  CHECK(moved);
  CHECK(lighter);
}
