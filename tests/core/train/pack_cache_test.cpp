#include "core/train/pack_cache.h"

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "core/train/train.h"
#include "fakes/fake_clock.h"
#include "fakes/small_dataset.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

struct World {
  test::TempFolder folder;
  test::FakeClock clock;
  sys::StopFlag stop;
  ShardFolder shards{folder / "data"};
  TrainPlan plan;
  int64_t decoded = 0;

  World() {
    test::write_table(folder / "data", true);
    TrainRequest request;
    request.dataset = &shards;
    request.spec = nlohmann::ordered_json::object();
    plan = plan_training(request, stop).value();
  }

  std::optional<KeptPack> get(uint64_t bound = uint64_t{1} << 30) {
    decoded = 0;
    const PackCache cache(MirrorCache(folder / "cache", bound));
    return cache
        .get({shards, plan.dataset, plan.model, "train", sys::PathAt(folder / "unused"), 1},
             plan.dataset_digest, stop, clock, [&](uint64_t by) { decoded += static_cast<int64_t>(by); })
        .value();
  }
};

}  // namespace

TEST_CASE("a split is decoded once, and found by the next training") {
  World world;
  const auto first = world.get();
  REQUIRE(first.has_value());
  CHECK(first->samples == 200);
  CHECK(world.decoded == 200);
  const auto second = world.get();
  REQUIRE(second.has_value());
  CHECK(world.decoded == 0);
  CHECK(second->folder.path() == first->folder.path());
  CHECK(PackedSplit::open(second->folder, second->samples, world.plan.model).has_value());
}

TEST_CASE("what decides the decoded bytes decides the name, and nothing else") {
  World world;
  const std::string id = pack_id(world.plan.model, "d", "train");
  Model other = world.plan.model;
  other.metrics = {{"accuracy", 1}};
  other.lineage = {{"run", "x"}};
  other.network.layers.clear();
  CHECK(pack_id(other, "d", "train") == id);
  CHECK(pack_id(world.plan.model, "d", "test") != id);
  CHECK(pack_id(world.plan.model, "e", "train") != id);
  other.preprocess.table.columns.front().mean += 1;
  CHECK(pack_id(other, "d", "train") != id);
}

TEST_CASE("a pack that was damaged is made anew") {
  World world;
  const std::filesystem::path features = world.get()->folder.path() / "features";
  struct {
    const char* what;
    std::function<void()> damage;
  } const cases[] = {
      {"cut", [&] { std::filesystem::resize_file(features, 10); }},
      {"gone", [&] { std::filesystem::remove(features); }},
      {"other bytes",
       [&] {
         std::string bytes = sys::read_file(features).value();
         bytes[5] = static_cast<char>(bytes[5] + 1);
         REQUIRE(sys::write_file(features, bytes));
       }},
      {"one file more", [&] { REQUIRE(sys::write_file(features.parent_path() / "more", "x")); }},
      {"no facts", [&] { std::filesystem::remove(features.parent_path().parent_path() / "pack.json"); }},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    each.damage();
    const auto kept = world.get();
    REQUIRE(kept.has_value());
    CHECK(world.decoded == 200);
    world.get();
    CHECK(world.decoded == 0);
  }
}

TEST_CASE("a cache without room for it, or that can't be written, is no error") {
  World world;
  CHECK_FALSE(world.get(100).has_value());
  CHECK(world.decoded == 0);
  REQUIRE(sys::write_file(world.folder / "cache", "a file"));
  CHECK_FALSE(world.get().has_value());
}

TEST_CASE("what is wrong with the data is an error, and leaves no pack") {
  World world;
  REQUIRE(sys::write_file(world.folder / "data" / "train-000000.csv", "a,b,color,y\n"));
  const PackCache cache(MirrorCache(world.folder / "cache", uint64_t{1} << 30));
  const auto kept = cache.get(
      {world.shards, world.plan.dataset, world.plan.model, "train", sys::PathAt(world.folder / "unused"), 1},
      world.plan.dataset_digest, world.stop, world.clock, [](uint64_t) {});
  REQUIRE_FALSE(kept.has_value());
  CHECK(kept.error().code == Exit::integrity);
}
