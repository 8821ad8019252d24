#include "core/data/split_rule.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("shares of the splits must sum to one and leave something to train on") {
  CHECK(parse_split("0.8,0.1,0.1") == std::array<double, 3>{0.8, 0.1, 0.1});
  CHECK(parse_split("0.9, 0.1")->at(2) == 0);
  CHECK(parse_split("1")->at(0) == 1);
  for (const char* bad : {"", "0.8,0.1", "0,0.5,0.5", "0.5,0.5,0.5", "-1,2", "a", "0.25,0.25,0.25,0.25"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_split(bad).has_value());
    CHECK(parse_split(bad).error().code == Exit::usage);
  }
}

TEST_CASE("shards count from zero") {
  CHECK(parse_shard("0/4") == std::pair<int64_t, int64_t>(0, 4));
  for (const char* bad : {"4/4", "-1/4", "1", "a/b", "1/2/3", "0/0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_shard(bad).has_value());
  }
}

TEST_CASE("items fall into the splits in their shares, by content and seed alone") {
  const SplitRule rule;
  SplitRule other;
  other.seed = 2;
  std::array<int, 3> counts{};
  int moved = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string content = "item " + std::to_string(i);
    const int split = choose_split(rule, content, -1);
    ++counts[static_cast<size_t>(split)];
    CHECK(split == choose_split(rule, content, -1));
    moved += split != choose_split(other, content, -1);
  }
  CHECK(counts[0] == doctest::Approx(8000).epsilon(0.02));
  CHECK(counts[1] == doctest::Approx(1000).epsilon(0.1));
  CHECK(moved > 2000);
}

TEST_CASE("a source's own split stays, with a tenth of train carved out where validation is missing") {
  SplitRule rule;
  rule.source_is_split = true;
  int carved = 0;
  for (int i = 0; i < 1000; ++i) {
    CHECK(choose_split(rule, std::to_string(i), 0) == 0);
    CHECK(choose_split(rule, std::to_string(i), 2) == 2);
    SplitRule carving = rule;
    carving.carve_validation = true;
    CHECK(choose_split(carving, std::to_string(i), 2) == 2);
    carved += choose_split(carving, std::to_string(i), 0) == 1;
  }
  CHECK(carved == doctest::Approx(100).epsilon(0.3));
}

TEST_CASE("the shards of a source have every item once") {
  for (int i = 0; i < 200; ++i) {
    int taken = 0;
    for (int64_t shard = 0; shard < 3; ++shard) {
      SplitRule rule;
      rule.shard = shard;
      rule.shards = 3;
      taken += in_shard(rule, std::to_string(i));
    }
    CHECK(taken == 1);
  }
}

TEST_CASE("a file's name may tell its split") {
  const struct {
    const char* name;
    int split;
  } cases[] = {{"train.csv", 0},
               {"test-000000.tar", 2},
               {"titanic_test.csv.gz", 2},
               {"t10k-images-idx3-ubyte.gz", 2},
               {"val.jsonl", 1},
               {"Dev.tsv", 1},
               {"latest.csv", -1},
               {"trains.csv", -1},
               {"my training notes.csv", -1}};
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(split_of_file_name(c.name) == c.split);
  }
}
