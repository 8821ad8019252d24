#include "core/ingest/image_unit.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include <nlohmann/json.hpp>

#include "core/data/stats.h"
#include "core/data/tar.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

constexpr int64_t kUnitItems = 10'000;               // a unit ends after so many pictures …
constexpr uint64_t kUnitBytes = uint64_t{64} << 20;  // … or so many bytes: one shard of each split
constexpr int64_t kSample = 20'000;                  // pictures that take part in the quantiles

using FeatureRow = std::array<double, kImageFeatures.size()>;

Result<> for_each_feature_row(const DatasetWriter& writer,
                              const std::function<void(const FeatureRow&)>& take) {
  for (size_t unit = 0; unit < writer.units(); ++unit) {
    const std::string bytes = TRY(writer.read_scratch(unit));
    for (size_t at = 0; at + sizeof(FeatureRow) <= bytes.size(); at += sizeof(FeatureRow)) {
      FeatureRow row;
      std::memcpy(row.data(), bytes.data() + at, sizeof row);
      take(row);
    }
  }
  return {};
}

Result<> fill_features(Dataset& dataset, const DatasetWriter& writer) {
  std::array<Moments, kImageFeatures.size()> moments;
  std::array<std::vector<double>, kImageFeatures.size()> samples;
  const int64_t step = std::max<int64_t>(1, writer.samples(0) / kSample);
  int64_t row_number = 0;
  TRY(for_each_feature_row(writer, [&](const FeatureRow& row) {
    const bool sampled = row_number++ % step == 0;
    for (size_t i = 0; i < row.size(); ++i) {
      moments[i].add(row[i]);
      if (sampled) samples[i].push_back(row[i]);
    }
  }));
  for (size_t i = 0; i < kImageFeatures.size(); ++i) {
    dataset.statistics.push_back(numeric_stats(kImageFeatures[i], moments[i], 0, std::move(samples[i])));
  }
  return for_each_feature_row(writer, [&](const FeatureRow& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      FeatureStats& stats = dataset.statistics[i];
      ++stats.bins[bin_of(stats.edges, row[i])];
    }
  });
}

void fill_channels(Dataset& dataset, const DatasetWriter& writer) {
  int64_t channels = 1;
  std::array<double, 3> mean{}, square{};
  for (const Json& extra : writer.extras()) {
    channels = std::max<int64_t>(channels, extra.at("channels"));
    for (size_t c = 0; c < 3; ++c) {
      mean[c] += extra.at("mean").at(c).get<double>();
      square[c] += extra.at("square").at(c).get<double>();
    }
  }
  const double count = static_cast<double>(std::max<int64_t>(1, writer.samples(0)));
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    dataset.channel_mean.push_back(mean[c] / count);
    dataset.channel_std.push_back(
        std::sqrt(std::max(0.0, square[c] / count - mean[c] / count * (mean[c] / count))));
  }
}

}  // namespace

ImageMeasure measure_image(const Pixels& pixels) {
  return {image_features(pixels), channel_moments(pixels), pixels.channels};
}

ImageUnit::ImageUnit(size_t classes, DatasetWriter& writer) : writer_(&writer) {
  for (auto& counts : counts_) counts.resize(classes);
}

bool ImageUnit::full() const {
  return items_ >= kUnitItems || source_bytes_ >= kUnitBytes;
}

void ImageUnit::pass(uint64_t source_bytes) {
  ++items_;
  source_bytes_ += source_bytes;
}

void ImageUnit::add(int split, const ImageEntry& image, const ImageMeasure& measure) {
  const auto at = static_cast<size_t>(split);
  const std::string key(image.key);
  const Json facts = {{"label", image.label}, {"source", image.source}, {"sha256", image.sha256}};
  append_tar_member(shards_[at], key + "." + std::string(image.extension), image.bytes);
  append_tar_member(shards_[at], key + ".cls", std::to_string(image.label_index));
  append_tar_member(shards_[at], key + ".json", dump_json(facts));
  ++samples_[at];
  ++counts_[at][static_cast<size_t>(image.label_index)];
  if (split == 0) measure_train(measure);
}

void ImageUnit::measure_train(const ImageMeasure& image) {
  channels_ = std::max(channels_, image.channels);
  for (size_t c = 0; c < 3; ++c) {
    mean_[c] += image.moments.mean[c];
    square_[c] += image.moments.square[c];
  }
  const ImageFeatures& f = image.features;
  const FeatureRow values = {f.brightness, f.contrast, f.width, f.height};
  features_.append(reinterpret_cast<const char*>(values.data()), sizeof values);
}

Result<> ImageUnit::flush(int64_t next) {
  for (size_t split = 0; split < 3; ++split) {
    if (samples_[split] == 0) continue;
    end_tar(shards_[split]);
    const std::string path = writer_->shard_stem(static_cast<int>(split)) + ".tar";
    TRY(writer_->write(path, shards_[split]));
    writer_->add_shard(static_cast<int>(split), path, samples_[split], counts_[split]);
  }
  TRY(writer_->write_scratch(features_));
  TRY(writer_->commit(next, {{"channels", channels_}, {"mean", mean_}, {"square", square_}}));
  *this = ImageUnit(counts_[0].size(), *writer_);
  return {};
}

Result<> fill_image_statistics(Dataset& dataset, const DatasetWriter& writer) {
  fill_channels(dataset, writer);
  return fill_features(dataset, writer);
}

}  // namespace mlctl
