#pragma once
// A split decoded once into flat files that are memory-mapped: an epoch then costs slices, and memory does
// not grow with the data. Pictures stay 8-bit at the model's size; rows, tokens and ids are the model's
// inputs.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/data/shards.h"
#include "core/model/package.h"
#include "core/sys/fs.h"
#include "core/sys/stop.h"

namespace mlctl {

class PackedSplit {
 public:
  int64_t size = 0;
  std::span<const uint8_t> pixels;
  std::span<const float> features;
  std::span<const int32_t> codes, tokens, labels;
  std::span<const int64_t> offsets;  // size + 1
  std::span<const float> targets;

  // Maps what pack_split left in `folder`, and checks it: it must hold exactly what `size` samples of the
  // model take, with every id inside the network's tables; else → 10.
  static Result<PackedSplit> open(const sys::PathAt& folder, int64_t size, const Model& model);

 private:
  Result<> check(const Model& model) const;

  std::vector<sys::Mapping> mappings_;
};

struct PackRequest {
  Shards& shards;
  const Dataset& dataset;
  const Model& model;  // preprocessing and classes
  std::string split;
  sys::PathAt folder;  // made, or emptied
  int threads = 1;     // for decoding pictures
};

// Returns the number of samples; the files are synced. Stopped → 130 or 143.
Result<int64_t> pack_split(const PackRequest& request, const sys::StopFlag& stop,
                           const std::function<void(uint64_t)>& advance);

}  // namespace mlctl
