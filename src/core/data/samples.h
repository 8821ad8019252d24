#pragma once
// Streams of samples out of a dataset's shards, in shard order, with memory that does not grow with the data.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/shards.h"

namespace mlctl {

// One example, as views valid until the next one.
struct Sample {
  std::string_view key;  // image: "000123"; others: decimal row number within the split
  // image
  std::string_view image;      // encoded bytes
  std::string_view extension;  // "jpg"
  std::string_view source;     // where ingest found it, relative
  // text
  std::string_view text;
  // image and text classification
  int32_t label = -1;  // index into Dataset::classes
  // table, ratings: one field per Dataset column, "" = missing
  std::vector<std::string_view> fields;
};

// Calls take(sample) for each sample of the split; take's error ends the stream. Unknown split → 5 with the
// splits there are.
Result<> for_each_sample(Shards& shards, const Dataset& dataset, const std::string& split,
                         const std::function<Result<>(const Sample&)>& take);
Result<> for_each_sample(const std::filesystem::path& folder, const Dataset& dataset,
                         const std::string& split, const std::function<Result<>(const Sample&)>& take);

// Only the split's n-th shard; keys as in the whole split. Several shards may be read at once.
Result<> for_each_sample_in_shard(Shards& shards, const Dataset& dataset, const std::string& split,
                                  size_t shard, const std::function<Result<>(const Sample&)>& take);

}  // namespace mlctl
