#pragma once
// Writes pictures into tar shards, and computes the training statistics from what the units left. Shared by
// ingest and clean.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset_writer.h"
#include "core/image/image_stats.h"

namespace mlctl {

// What statistics need of a picture.
struct ImageMeasure {
  ImageFeatures features;
  ChannelMoments moments;
  int64_t channels = 0;
};
ImageMeasure measure_image(const Pixels& pixels);

struct ImageEntry {
  std::string_view key, extension, bytes, sha256, source, label;
  int32_t label_index = 0;
};

// The pictures since the last commit.
class ImageUnit {
 public:
  ImageUnit(size_t classes, DatasetWriter& writer);

  void add(int split, const ImageEntry& image, const ImageMeasure& measure);
  // Counts an item of the source, whether it was added or not.
  void pass(uint64_t source_bytes);
  bool empty() const { return items_ == 0; }
  bool full() const;
  int64_t samples(int split) const { return samples_[static_cast<size_t>(split)]; }
  Result<> flush(int64_t next);  // one shard of each split that has pictures, and the commit

 private:
  void measure_train(const ImageMeasure& image);

  DatasetWriter* writer_;
  std::array<std::string, 3> shards_;
  std::array<int64_t, 3> samples_{};
  std::array<std::vector<int64_t>, 3> counts_;
  std::string features_;  // of the training pictures: rows of kImageFeatures
  int64_t items_ = 0, channels_ = 0;
  uint64_t source_bytes_ = 0;
  std::array<double, 3> mean_{}, square_{};  // sums over the training pictures
};

// Channel means, and the features with their bins, of all units' training pictures.
Result<> fill_image_statistics(Dataset& dataset, const DatasetWriter& writer);

}  // namespace mlctl
