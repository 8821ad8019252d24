// Pictures: read, verified, hashed and measured by workers; written to tar shards in the order of the source.

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "core/base/budget.h"
#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/image/image_codecs.h"
#include "core/ingest/image_stream.h"
#include "core/ingest/image_unit.h"
#include "core/ingest/ingest_work.h"
#include "core/sys/cpu.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

// A picture that workers are done with.
struct Checked {
  std::string name, label, problem;
  int split = 0;
  bool skipped = false;  // another --shard's
  std::string bytes, extension, sha256;
  ImageMeasure measure;
  std::optional<Error> end{};  // no fault of the picture's: it ends the work
};

std::string extension_of(const ImageItem& item, std::string_view bytes) {
  const std::string extension = to_lower(std::filesystem::path(item.name).extension().string());
  if (extension.size() > 1 && is_image_name(item.name)) return extension.substr(1);
  return png_codec().is(bytes) ? "png" : webp_codec().is(bytes) ? "webp" : "jpg";
}

// Decodes a picture; the memory for it is taken from `memory` and is in `held`.
Result<Pixels> pixels_of(ImageItem& item, Checked& result, SourceWatch& watch, Budget& memory,
                         Budget::Share& held) {
  if (!item.problem.empty()) return fail(Exit::data, item.problem);
  if (item.width > 0) {
    Pixels pixels{item.width, item.height, item.channels,
                  std::vector<uint8_t>(item.bytes.begin(), item.bytes.end())};
    result.bytes = encode_png(pixels);
    result.extension = "png";
    return pixels;
  }
  result.bytes =
      item.path.empty() ? std::move(item.bytes) : TRY(watch.read(item.path, limits::kPictureBytes));
  result.extension = extension_of(item, result.bytes);
  held = hold_decoding(memory, result.bytes);
  return decode_image(result.bytes);
}

Checked check_image(ImageItem& item, const SplitRule& rule, SourceWatch& watch, Budget& memory) {
  Checked result;
  result.name = std::move(item.name);
  result.label = std::move(item.label);
  if (!in_shard(rule, result.name)) {
    result.skipped = true;
    return result;
  }
  item.name = result.name;
  Budget::Share held;
  const Result<Pixels> pixels = pixels_of(item, result, watch, memory, held);
  if (!pixels) {
    if (pixels.error().code == Exit::conflict) result.end = pixels.error();
    result.problem = pixels.error().message;
    result.bytes.clear();
    return result;
  }
  result.split = choose_split(rule, result.bytes, item.split);
  result.sha256 = sha256_hex(result.bytes);
  result.measure = measure_image(*pixels);
  return result;
}

// Numbers the picture in its split.
void add_image(const Checked& image, const std::map<std::string, int32_t>& index, const DatasetWriter& writer,
               ImageUnit& unit) {
  const std::string key = fmt::format("{:06}", writer.samples(image.split) + unit.samples(image.split));
  unit.add(image.split,
           {key, image.extension, image.bytes, image.sha256, image.name, image.label, index.at(image.label)},
           image.measure);
}

struct Output {
  Checked image;
  uint64_t size = 0;
};

// Calls take(output) for every picture in order.
Result<> check_images(ImageStream& source, const SplitRule& rule, const IngestWork& work,
                      const std::function<Result<>(Output&)>& take) {
  const auto produce = [&]() -> Result<std::optional<ImageItem>> {
    if (work.host.stop) return std::optional<ImageItem>();
    return source.next();
  };
  Budget memory(limits::kDecodingBytes);
  const auto check = [&](ImageItem& item) {
    const uint64_t size = std::max<uint64_t>(item.size, item.bytes.size());
    return Output{check_image(item, rule, *work.request.watch, memory), size};
  };
  const auto consume = [&](Output& output) -> Result<> {
    return output.image.end ? fail(std::move(*output.image.end)) : take(output);
  };
  return in_order<ImageItem, Output>(sys::default_threads(), produce, check, consume);
}

// Counts a bad picture. Fails as soon as there are too many and the first ones, which the message names,
// are known.
Result<> add_bad(BadItems& bad, const Checked& image, int64_t items, int64_t done, const IngestWork& work) {
  bad.add({image.name, "corrupt", image.problem});
  if (!bad.enough(work.request.max_bad.allowed(items))) return {};
  bad.partial = done < items;
  return check_bad(bad, items, work.request.max_bad);
}

// What a dry run tells: how the pictures would be split, and how many are bad.
Result<> count_images(ImageStream& source, const SplitRule& rule, const IngestWork& work,
                      IngestOutcome& outcome) {
  std::map<std::string, size_t> index;
  for (const std::string& label : source.classes) index.emplace(label, index.size());
  BadItems bad;
  int64_t done = 0;
  TRY(check_images(source, rule, work, [&](Output& output) -> Result<> {
    const Checked& image = output.image;
    work.host.progress("read", "images", static_cast<uint64_t>(++done), static_cast<uint64_t>(source.items));
    if (!image.problem.empty()) return add_bad(bad, image, source.items, done, work);
    if (image.skipped) return {};
    Split& split = outcome.dataset.splits[kSplitNames[static_cast<size_t>(image.split)]];
    split.class_counts.resize(index.size());
    ++split.class_counts[index.at(image.label)];
    ++split.samples;
    return {};
  }));
  outcome.rejected = bad.count;
  return work.host.stop ? Result<>() : check_bad(bad, source.items, work.request.max_bad);
}

Result<> write_units(ImageStream& source, const SplitRule& rule, DatasetWriter& writer,
                     const IngestWork& work) {
  ImageUnit unit(source.classes.size(), writer);
  std::map<std::string, int32_t> index;
  for (const std::string& label : source.classes) index.emplace(label, static_cast<int32_t>(index.size()));
  int64_t done = writer.next().is_null() ? 0 : writer.next().get<int64_t>();
  TRY(source.skip(done));
  BadItems bad;
  bad.count = writer.rejected();
  const int64_t allowed = work.request.max_bad.allowed(source.items);
  const auto consume = [&](Output& output) -> Result<> {
    const Checked& image = output.image;
    ++done;
    if (!image.problem.empty()) TRY(add_bad(bad, image, source.items, done, work));
    if (bad.count > allowed) return {};  // nothing more is written, only counted
    unit.pass(output.size);
    if (!image.problem.empty()) writer.reject({image.name, "corrupt", image.problem});
    if (!image.skipped && image.problem.empty()) add_image(image, index, writer, unit);
    work.host.progress("read", "images", static_cast<uint64_t>(done), static_cast<uint64_t>(source.items));
    return unit.full() && !work.host.stop ? unit.flush(done) : Result<>();
  };
  TRY(check_images(source, rule, work, consume));
  if (work.host.stop) return {};
  TRY(check_bad(bad, source.items, work.request.max_bad));
  if (unit.empty()) return {};
  return unit.flush(done);
}

// Labels may stand in files beside the pictures, in any bytes.
Result<> check_classes(const std::vector<std::string>& classes) {
  if (classes.size() > limits::kClasses) {
    return fail(Exit::data, fmt::format("{} classes, {} at most are read", classes.size(), limits::kClasses),
                "are these labels, or the names of the pictures?");
  }
  for (const std::string& label : classes) {
    if (is_valid_utf8(label)) continue;
    return fail(Exit::data, fmt::format("the class \"{}\" is not named in UTF-8", label),
                "write the labels in UTF-8: iconv -f LATIN1 -t UTF-8 converts a text");
  }
  return {};
}

}  // namespace

Result<IngestOutcome> ingest_images(IngestWork& work) {
  SplitRule rule = work.request.split;
  const std::unique_ptr<ImageStream> source = TRY(open_images(work.request, rule, work.host));
  TRY(check_classes(source->classes));
  IngestOutcome outcome;
  outcome.dataset.kind = DatasetKind::image;
  outcome.dataset.classes = source->classes;
  outcome.dataset.lineage = as_written(work.lineage, work.request.expansions);
  warn_of_one_class(outcome.dataset, work.host);
  if (work.output == nullptr) {
    TRY(count_images(*source, rule, work, outcome));
    if (work.host.stop) return IngestOutcome{IngestState::stopped, false, {}, 0};
    outcome.state = IngestState::planned;
    return outcome;
  }
  DatasetWriter writer = TRY(DatasetWriter::open(*work.output));
  TRY(write_units(*source, rule, writer, work));
  if (work.host.stop) return IngestOutcome{IngestState::stopped, writer.units() > 0, {}, 0};
  if (!writer.finished()) {
    TRY(check_samples(writer, work));
    TRY(fill_image_statistics(outcome.dataset, writer));
    const Result<> completed = complete_lineage(work, outcome.dataset);
    if (work.host.stop) return IngestOutcome{IngestState::stopped, true, {}, 0};
    if (!completed) return fail(completed.error());
  }
  outcome.rejected = writer.rejected();
  TRY(writer.finish(outcome.dataset));
  warn_of_unseen_classes(outcome.dataset, work.host);
  return outcome;
}

}  // namespace mlctl
