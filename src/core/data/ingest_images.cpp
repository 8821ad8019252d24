// Pictures: read, verified, hashed and measured by workers; written to tar shards in the order of the source.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/strings.h"
#include "core/data/image_codecs.h"
#include "core/data/image_source.h"
#include "core/data/image_stats.h"
#include "core/data/ingest_work.h"
#include "core/data/stats.h"
#include "core/data/tar.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

constexpr int64_t kUnitItems = 10'000;               // a unit ends after so many pictures …
constexpr uint64_t kUnitBytes = uint64_t{64} << 20;  // … or so many bytes: one shard of each split
constexpr uint64_t kMaxFile = uint64_t{512} << 20;
constexpr int64_t kSample = 20'000;  // pictures that take part in the quantiles

// A picture that workers are done with.
struct Checked {
  std::string name, label, problem;
  int split = 0;
  bool skipped = false;  // another --shard's
  std::string bytes, extension, sha256;
  ImageFeatures features;
  ChannelMoments moments;
  int64_t channels = 0;
};

std::string extension_of(const ImageItem& item, std::string_view bytes) {
  const std::string extension = to_lower(std::filesystem::path(item.name).extension().string());
  if (extension.size() > 1 && is_image_name(item.name)) return extension.substr(1);
  return png_codec().is(bytes) ? "png" : webp_codec().is(bytes) ? "webp" : "jpg";
}

Result<Pixels> pixels_of(ImageItem& item, Checked& result) {
  if (!item.problem.empty()) return fail(Exit::data, item.problem);
  if (item.width > 0) {
    Pixels pixels{item.width, item.height, item.channels,
                  std::vector<uint8_t>(item.bytes.begin(), item.bytes.end())};
    result.bytes = encode_png(pixels);
    result.extension = "png";
    return pixels;
  }
  result.bytes = item.path.empty() ? std::move(item.bytes) : TRY(sys::read_file(item.path, kMaxFile));
  result.extension = extension_of(item, result.bytes);
  return decode_image(result.bytes);
}

Checked check_image(ImageItem& item, const SplitRule& rule) {
  Checked result;
  result.name = std::move(item.name);
  result.label = std::move(item.label);
  if (!in_shard(rule, result.name)) {
    result.skipped = true;
    return result;
  }
  item.name = result.name;
  const Result<Pixels> pixels = pixels_of(item, result);
  if (!pixels) {
    result.problem = pixels.error().message;
    result.bytes.clear();
    return result;
  }
  result.split = choose_split(rule, result.bytes, item.split);
  result.sha256 = sha256_hex(result.bytes);
  result.features = image_features(*pixels);
  result.moments = channel_moments(*pixels);
  result.channels = pixels->channels;
  return result;
}

// --- One unit: the pictures since the last commit

class ImageUnit {
 public:
  ImageUnit(const std::vector<std::string>& classes, DatasetWriter& writer)
      : classes_(&classes), writer_(&writer) {
    for (const std::string& label : classes) index_.emplace(label, static_cast<int>(index_.size()));
    for (auto& counts : counts_) counts.resize(classes.size());
  }

  void add(const Checked& image, uint64_t source_bytes) {
    ++items_;
    source_bytes_ += source_bytes;
    if (image.skipped) return;
    if (!image.problem.empty()) {
      writer_->reject({image.name, "corrupt", image.problem});
      return;
    }
    const auto split = static_cast<size_t>(image.split);
    const int label = index_.at(image.label);
    const std::string key = fmt::format("{:06}", writer_->samples(image.split) + samples_[split]);
    const Json facts = {{"label", image.label}, {"source", image.name}, {"sha256", image.sha256}};
    append_tar_member(shards_[split], key + "." + image.extension, image.bytes);
    append_tar_member(shards_[split], key + ".cls", std::to_string(label));
    append_tar_member(shards_[split], key + ".json",
                      facts.dump(-1, ' ', false, Json::error_handler_t::replace));
    ++samples_[split];
    ++counts_[split][static_cast<size_t>(label)];
    if (image.split == 0) measure(image);
  }

  bool empty() const { return items_ == 0; }
  bool full() const { return items_ >= kUnitItems || source_bytes_ >= kUnitBytes; }

  Result<> flush(int64_t next) {
    for (size_t split = 0; split < 3; ++split) {
      if (samples_[split] == 0) continue;
      end_tar(shards_[split]);
      const std::string path = writer_->shard_stem(static_cast<int>(split)) + ".tar";
      TRY(writer_->write(path, shards_[split]));
      writer_->add_shard(static_cast<int>(split), path, samples_[split], counts_[split]);
    }
    TRY(writer_->write_scratch(features_));
    TRY(writer_->commit(next, {{"channels", channels_}, {"mean", mean_}, {"square", square_}}));
    *this = ImageUnit(*classes_, *writer_);
    return {};
  }

 private:
  void measure(const Checked& image) {
    channels_ = std::max(channels_, image.channels);
    for (size_t c = 0; c < 3; ++c) {
      mean_[c] += image.moments.mean[c];
      square_[c] += image.moments.square[c];
    }
    const ImageFeatures& f = image.features;
    const std::array<double, kImageFeatures.size()> values = {f.brightness, f.contrast, f.width, f.height};
    features_.append(reinterpret_cast<const char*>(values.data()), sizeof values);
  }

  const std::vector<std::string>* classes_;
  DatasetWriter* writer_;
  std::unordered_map<std::string, int> index_;
  std::array<std::string, 3> shards_;
  std::array<int64_t, 3> samples_{};
  std::array<std::vector<int64_t>, 3> counts_;
  std::string features_;  // of the training pictures: rows of kImageFeatures
  int64_t items_ = 0, channels_ = 0;
  uint64_t source_bytes_ = 0;
  std::array<double, 3> mean_{}, square_{};  // sums over the training pictures
};

Result<> write_units(ImageSource& source, const SplitRule& rule, DatasetWriter& writer,
                     const IngestWork& work) {
  ImageUnit unit(source.classes, writer);
  int64_t done = writer.next().is_null() ? 0 : writer.next().get<int64_t>();
  TRY(source.skip(done));
  BadItems bad;
  bad.count = writer.rejected();
  const auto produce = [&]() -> Result<std::optional<ImageItem>> {
    if (work.host.stop) return std::optional<ImageItem>();
    return source.next();
  };
  using Output = std::pair<Checked, uint64_t>;
  const auto check = [&](ImageItem& item) {
    const uint64_t size = std::max<uint64_t>(item.size, item.bytes.size());
    return Output(check_image(item, rule), size);
  };
  const auto consume = [&](Output& output) -> Result<> {
    const Checked& image = output.first;
    if (!image.problem.empty()) {
      bad.add({image.name, "corrupt", fmt::format("{}: {}", image.name, image.problem)});
      TRY(check_bad(bad, source.items, work.request.max_bad));
    }
    unit.add(image, output.second);
    work.host.progress("read", "images", static_cast<uint64_t>(++done), static_cast<uint64_t>(source.items));
    return unit.full() && !work.host.stop ? unit.flush(done) : Result<>();
  };
  TRY((in_order<ImageItem, Output>(default_threads(), produce, check, consume)));
  if (work.host.stop || unit.empty()) return {};
  return unit.flush(done);
}

// --- Statistics of the training pictures, from what the units left

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

Result<IngestOutcome> ingest_images(IngestWork& work) {
  SplitRule rule = work.request.split;
  const std::unique_ptr<ImageSource> source = TRY(open_images(work.request, rule, work.host));
  IngestOutcome outcome;
  outcome.dataset.kind = DatasetKind::image;
  outcome.dataset.classes = source->classes;
  outcome.dataset.lineage = work.lineage;
  warn_of_one_class(outcome.dataset, work.host);
  if (work.output == nullptr) {
    work.host.note(fmt::format("{} would be read", plural(static_cast<uint64_t>(source->items), "picture")));
    outcome.state = IngestState::planned;
    return outcome;
  }
  DatasetWriter writer(*work.output);
  TRY(write_units(*source, rule, writer, work));
  if (work.host.stop) return IngestOutcome{IngestState::stopped, writer.units() > 0, {}, 0};
  if (!writer.finished()) {
    TRY(check_samples(writer, work));
    fill_channels(outcome.dataset, writer);
    TRY(fill_features(outcome.dataset, writer));
  }
  outcome.rejected = writer.rejected();
  TRY(writer.finish(outcome.dataset));
  return outcome;
}

}  // namespace mlctl
