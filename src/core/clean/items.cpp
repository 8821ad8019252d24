#include "core/clean/items.h"

#include <algorithm>
#include <filesystem>

namespace mlctl {

namespace {

std::vector<std::string> splits_in_order(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const auto& [name, split] : dataset.splits) names.push_back(name);
  const auto rank = [](const std::string& name) {
    return name == "test" ? 0 : name == "validation" ? 1 : name == "train" ? 3 : 2;
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return names;
}

}  // namespace

Items::Items(const Dataset& dataset) {
  for (const std::string& name : splits_in_order(dataset)) {
    const Split& split = dataset.splits.at(name);
    splits_.push_back({name, size_});
    for (size_t i = 0; i < split.files.size(); ++i) {
      const auto count = static_cast<uint32_t>(split.shard_samples[i]);
      shards_.push_back(
          {name, i, std::filesystem::path(split.files[i].text()).stem().string(), size_, count});
      size_ += count;
    }
  }
}

const Shard& Items::shard_of(uint32_t item) const {
  return *(std::upper_bound(shards_.begin(), shards_.end(), item,
                            [](uint32_t at, const Shard& shard) { return at < shard.first; }) -
           1);
}

size_t Items::split_of(uint32_t item) const {
  size_t split = splits_.size() - 1;
  while (splits_[split].first > item) --split;
  return split;
}

int64_t Items::row_of(uint32_t item) const {
  return item - splits_[split_of(item)].first;
}

}  // namespace mlctl
