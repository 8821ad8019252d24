#include "core/data/preview.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/samples.h"

namespace mlctl {

namespace {

constexpr int kLookedAt = 2000;  // samples, in search of different classes

SamplePreview copy(const Sample& sample, const Dataset& dataset) {
  SamplePreview kept;
  kept.key = sample.key;
  kept.text = sample.text;
  kept.source = sample.source;
  for (const std::string_view field : sample.fields) kept.fields.emplace_back(field);
  if (sample.label >= 0 && static_cast<size_t>(sample.label) < dataset.classes.size())
    kept.label = dataset.classes[static_cast<size_t>(sample.label)];
  return kept;
}

// The first sample of each class, then the first ones whatever they are, up to `count`.
std::vector<SamplePreview> choose(std::vector<SamplePreview> first_of_class, std::vector<SamplePreview> first,
                                  size_t count) {
  std::set<std::string> keys;
  std::vector<SamplePreview> chosen;
  for (auto* list : {&first_of_class, &first}) {
    for (SamplePreview& sample : *list) {
      if (chosen.size() < count && keys.insert(sample.key).second) chosen.push_back(std::move(sample));
    }
  }
  return chosen;
}

}  // namespace

Result<std::vector<SamplePreview>> preview(Shards& shards, const Dataset& dataset, const std::string& split,
                                           size_t count) {
  std::vector<SamplePreview> first, first_of_class;
  std::set<int32_t> classes;
  int seen = 0;
  bool enough = false;
  const size_t wanted = dataset.kind == DatasetKind::image || dataset.kind == DatasetKind::text
                            ? std::min(count, dataset.classes.size())
                            : 0;
  const auto take = [&](const Sample& sample) -> Result<> {
    const bool new_class = sample.label >= 0 && classes.insert(sample.label).second;
    if (new_class || first.size() < count) {
      SamplePreview kept = copy(sample, dataset);
      if (dataset.kind == DatasetKind::image) {
        if (Result<Pixels> pixels = decode_image(sample.image)) kept.pixels = std::move(*pixels);
      }
      if (new_class) first_of_class.push_back(kept);
      if (first.size() < count) first.push_back(std::move(kept));
    }
    enough = ++seen >= kLookedAt || (first.size() >= count && classes.size() >= wanted);
    if (enough) return fail(Exit::ok, "enough seen");
    return {};
  };
  const Result<> streamed = for_each_sample(shards, dataset, split, take);
  if (!streamed && !enough) return fail(streamed.error());
  return choose(std::move(first_of_class), std::move(first), count);
}

namespace {

struct Rgb {
  int red, green, blue;
};

Rgb at(const Pixels& pixels, int64_t x, int64_t y) {
  const uint8_t* pixel = &pixels.data[static_cast<size_t>((y * pixels.width + x) * pixels.channels)];
  if (pixels.channels == 1) return {pixel[0], pixel[0], pixel[0]};
  return {pixel[0], pixel[1], pixel[2]};
}

// The upper half of a cell is the block's colour, the lower half its background.
std::string half_block(Rgb upper, Rgb lower) {
  return fmt::format("\x1b[38;2;{};{};{};48;2;{};{};{}m▀", upper.red, upper.green, upper.blue, lower.red,
                     lower.green, lower.blue);
}

char grey(Rgb upper, Rgb lower) {
  constexpr std::string_view kRamp = " .:-=+*#%@";
  const int sum = upper.red + upper.green + upper.blue + lower.red + lower.green + lower.blue;
  return kRamp[static_cast<size_t>(sum) * kRamp.size() / (6 * 255 + 1)];
}

}  // namespace

std::string thumbnails(const std::vector<SamplePreview>& samples, int columns, bool colour) {
  std::vector<Pixels> small;
  for (const SamplePreview& sample : samples) {
    if (!sample.pixels.data.empty()) small.push_back(resize(sample.pixels, columns, columns / 2 * 2));
  }
  std::string text;
  for (int row = 0; row < columns / 2 && !small.empty(); ++row) {
    text += "  ";
    for (const Pixels& pixels : small) {
      for (int x = 0; x < columns; ++x) {
        const Rgb upper = at(pixels, x, 2 * row), lower = at(pixels, x, 2 * row + 1);
        text += colour ? half_block(upper, lower) : std::string(1, grey(upper, lower));
      }
      text += colour ? "\x1b[0m  " : "  ";
    }
    text += '\n';
  }
  return text;
}

}  // namespace mlctl
