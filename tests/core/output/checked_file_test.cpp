#include "core/output/checked_file.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "core/data/samples.h"
#include "core/data/shards.h"
#include "fakes/small_dataset.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
namespace fs = std::filesystem;

namespace {

constexpr const char* kShard = "train-000000.csv";

int64_t rows(Shards& shards, const Dataset& dataset) {
  int64_t count = 0;
  const auto read = for_each_sample(shards, dataset, "train", [&](const Sample&) -> Result<> {
    ++count;
    return {};
  });
  return read ? count : -static_cast<int64_t>(read.error().code);
}

std::string edited(const fs::path& path) {
  std::string text = sys::read_file(path).value();
  return text.replace(20, 1, text[20] == '7' ? "8" : "7");
}

constexpr int64_t kRefused = -static_cast<int64_t>(Exit::integrity);

}  // namespace

TEST_CASE("a shard is used as listed or not at all, by whoever reads it") {
  const std::pair<const char*, void (*)(const fs::path&)> cases[] = {
      {"gone", [](const fs::path& shard) { fs::remove(shard); }},
      {"cut", [](const fs::path& shard) { fs::resize_file(shard, 30); }},
      {"edited", [](const fs::path& shard) { REQUIRE(sys::write_file(shard, edited(shard))); }},
      {"a pipe in its place",
       [](const fs::path& shard) {
         fs::remove(shard);
         REQUIRE(::mkfifo(shard.c_str(), 0600) == 0);
       }},
  };
  for (const auto& [name, harm] : cases) {
    CAPTURE(name);
    test::TempFolder temp;
    const Dataset dataset = test::write_table(temp.path(), true);
    ShardFolder before(temp.path());
    CHECK(rows(before, dataset) == 200);
    harm(temp / kShard);
    ShardFolder after(temp.path());
    CHECK(rows(before, dataset) == kRefused);
    CHECK(rows(after, dataset) == kRefused);
    CHECK(after.verify(dataset).error().message.find(kShard) != std::string::npos);
  }
}

TEST_CASE("what a list does not name is not used, and an empty list names nothing") {
  test::TempFolder temp;
  Dataset dataset = test::write_table(temp.path(), true);
  dataset.files.clear();
  ShardFolder shards(temp.path());
  const auto refused = for_each_sample(shards, dataset, "train", [](const Sample&) { return Result<>(); });
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::integrity);
  CHECK(refused.error().message.find(kShard) != std::string::npos);
}

TEST_CASE("a seal spares the look before the work, not the comparison of what is used") {
  test::TempFolder temp;
  const fs::path data = temp / "data";
  const Dataset dataset = test::write_table(data, true);
  const Seals seals(temp / "seals");
  ShardFolder first(data, seals);
  CHECK(first.open());
  CHECK(first.verify(dataset));
  CHECK(seals.hold(data));
  REQUIRE(sys::write_file(data / kShard, edited(data / kShard)));
  CHECK(!seals.hold(data));
  Seals::Files lie;
  for (const char* name : {kShard, "dataset.json"}) lie[name] = sys::identity_at(data / name).value();
  seals.keep(data, lie);
  ShardFolder second(data, seals);
  CHECK(second.open());
  CHECK(second.verify(dataset));
  CHECK(rows(second, dataset) == kRefused);
}

TEST_CASE("what is seen of damage without reading is its first file, in words") {
  test::TempFolder temp;
  const Dataset dataset = test::write_table(temp.path(), true);
  CHECK(visible_damage(temp.path(), dataset.files).empty());
  fs::resize_file(temp / kShard, 30);
  CHECK(visible_damage(temp.path(), dataset.files).starts_with("train-000000.csv has 30 bytes instead of "));
  fs::remove(temp / "test-000000.csv");
  CHECK(visible_damage(temp.path(), dataset.files) == "test-000000.csv is missing");
}
