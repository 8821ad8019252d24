#pragma once
// Which split an item falls into: a function of its content and the seed, so that adding data moves nothing
// and equal items stay together.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

inline constexpr std::array<const char*, 3> kSplitNames = {"train", "validation", "test"};

struct SplitRule {
  std::array<double, 3> parts = {0.8, 0.1, 0.1};  // of an unsplit source; they sum to 1
  uint64_t seed = 1;
  bool source_is_split = false;   // items come with a split of their own …
  bool carve_validation = false;  // … but without validation: a tenth of train becomes it
  int64_t shard = 0, shards = 1;  // --shard i/n: the share of the items to take
};

// "0.8,0.1,0.1", "0.9,0.1" (train, validation) or "1": sums to 1.
Result<std::array<double, 3>> parse_split(const std::string& text);
// "2/8" → {2, 8}
Result<std::pair<int64_t, int64_t>> parse_shard(const std::string& text);

// 0 train, 1 validation, 2 test. `own`: the source's split of the item as an index, -1 for none.
int choose_split(const SplitRule& rule, std::string_view content, int own);
// Whether --shard gives the item to this process.
bool in_shard(const SplitRule& rule, std::string_view content);

// "train", "training", "val", "valid", "validation", "dev", "test", "testing", "t10k" → its index; else -1.
int split_of_name(std::string_view name);

// "train.csv", "test-000000.tar", "titanic_test.csv.gz": by the first or last word of the name before its
// extensions.
int split_of_file_name(const std::string& name);

}  // namespace mlctl
