#include "core/train/pack.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/threads.h"
#include "core/features/encode.h"
#include "core/image/image_codecs.h"

namespace mlctl {

namespace {

// How much is encoded before it is written: this many samples, or pictures of this many bytes.
constexpr int64_t kChunk = 256;
constexpr size_t kPictureBytes = size_t{64} << 20;

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// The flat files of one split, written in large pieces.
class Writer {
 public:
  explicit Writer(sys::PathAt folder) : folder_(std::move(folder)) {}

  Result<> put(const char* name, std::string_view bytes) {
    if (bytes.empty()) return {};
    if (!files_.contains(name)) files_[name] = TRY(sys::AppendFile::open(folder_ / name, 0));
    return files_[name].append(bytes);
  }

  // Writes what was encoded since the last call and forgets it.
  Result<> put(Encoded& encoded) {
    for (int64_t& offset : encoded.offsets) offset += tokens_;
    // Every chunk begins where the last one ended: the shared offset is written once.
    const size_t skip = tokens_written_ && !encoded.offsets.empty() ? 1 : 0;
    const std::vector<int64_t> offsets(encoded.offsets.begin() + static_cast<ptrdiff_t>(skip),
                                       encoded.offsets.end());
    tokens_ += static_cast<int64_t>(encoded.tokens.size());
    tokens_written_ = true;
    TRY(put("features", bytes_of(encoded.features)));
    TRY(put("codes", bytes_of(encoded.codes)));
    TRY(put("tokens", bytes_of(encoded.tokens)));
    TRY(put("offsets", bytes_of(offsets)));
    TRY(put("labels", bytes_of(encoded.labels)));
    TRY(put("targets", bytes_of(encoded.targets)));
    encoded = {};
    return {};
  }

  Result<> finish() {
    for (auto& [name, file] : files_) TRY(file.sync());
    return sys::sync_folder(folder_);
  }

 private:
  sys::PathAt folder_;
  std::map<std::string, sys::AppendFile> files_;
  int64_t tokens_ = 0;
  bool tokens_written_ = false;
};

struct Picture {
  std::string key, source, bytes;
};

Result<> write_pictures(const std::vector<Picture>& pictures, const PackRequest& request, Writer& writer) {
  std::vector<std::optional<Result<Pixels>>> decoded(pictures.size());
  Budget memory(limits::kDecodingBytes);
  TRY(in_parallel(pictures.size(), static_cast<size_t>(request.threads), [&](size_t i) -> Result<> {
    const Budget::Share held = hold_decoding(memory, pictures[i].bytes);
    decoded[i] = model_pixels(request.model.preprocess.image, pictures[i].bytes);
    return {};
  }));
  std::string all;
  for (size_t i = 0; i < pictures.size(); ++i) {
    if (!*decoded[i]) {
      Error error = decoded[i]->error();
      error.message = fmt::format("sample {} ({}): {}", pictures[i].key, pictures[i].source, error.message);
      return fail(std::move(error));
    }
    all.append(reinterpret_cast<const char*>((*decoded[i])->data.data()), (*decoded[i])->data.size());
  }
  return writer.put("pixels", all);
}

class Packer {
 public:
  Packer(const PackRequest& request, const std::function<void(uint64_t)>& advance)
      : request_(request), advance_(advance), encoder_(request.model), writer_(request.folder) {}

  Result<> add(const Sample& sample) {
    if (request_.model.network.input.kind == InputKind::image) {
      TRY(encoder_.add_label(sample, request_.dataset, chunk_));
      pictures_.push_back({std::string(sample.key), std::string(sample.source), std::string(sample.image)});
      picture_bytes_ += sample.image.size();
    } else {
      TRY(encoder_.add_sample(sample, request_.dataset, chunk_));
    }
    return ++pending_ < kChunk && picture_bytes_ < kPictureBytes ? Result<>{} : flush();
  }

  Result<int64_t> finish() {
    TRY(flush());
    TRY(writer_.finish());
    return total_;
  }

 private:
  Result<> flush() {
    if (pending_ == 0) return {};
    if (!pictures_.empty()) TRY(write_pictures(pictures_, request_, writer_));
    TRY(writer_.put(chunk_));
    pictures_.clear();
    picture_bytes_ = 0;
    total_ += pending_;
    advance_(static_cast<uint64_t>(pending_));
    pending_ = 0;
    return {};
  }

  const PackRequest& request_;
  const std::function<void(uint64_t)>& advance_;
  Encoder encoder_;
  Writer writer_;
  Encoded chunk_;
  std::vector<Picture> pictures_;
  size_t picture_bytes_ = 0;
  int64_t pending_ = 0, total_ = 0;
};

template <class T>
Result<std::span<const T>> map_file(const sys::PathAt& path, std::vector<sys::Mapping>& mappings) {
  if (!sys::exists(path)) return std::span<const T>{};
  mappings.push_back(TRY(sys::Mapping::open(path)));
  const std::string_view bytes = mappings.back().bytes();
  return std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
}

}  // namespace

namespace {

// Below `end`, for each of them.
bool all_below(std::span<const int32_t> values, int64_t end) {
  return std::all_of(values.begin(), values.end(), [&](int32_t value) { return value >= 0 && value < end; });
}

// Codes stand row by row, a column each, every one with a table of its own.
bool codes_fit(std::span<const int32_t> codes, const std::vector<int64_t>& ends) {
  for (size_t i = 0; i < codes.size(); ++i)
    if (codes[i] < 0 || codes[i] >= ends[i % ends.size()]) return false;
  return true;
}

bool offsets_fit(std::span<const int64_t> offsets, size_t tokens) {
  return !offsets.empty() && offsets.front() == 0 && static_cast<size_t>(offsets.back()) == tokens &&
         std::is_sorted(offsets.begin(), offsets.end());
}

std::vector<int64_t> code_ends(const InputSpec& input) {
  return input.kind == InputKind::ratings ? std::vector{input.users, input.items} : input.cardinalities;
}

}  // namespace

Result<> PackedSplit::check(const Model& model) const {
  const InputSpec& input = model.network.input;
  const bool classes = model.task == Task::classification, texts = input.kind == InputKind::text,
             images = input.kind == InputKind::image, table = input.kind == InputKind::table;
  const auto samples = static_cast<size_t>(size);
  const std::vector<int64_t> ends = code_ends(input);
  const auto pixel_bytes = static_cast<size_t>(images ? input.channels * input.height * input.width : 0);
  const bool whole =
      size >= 0 && pixels.size() == samples * pixel_bytes &&
      features.size() == samples * static_cast<size_t>(table ? input.numeric : 0) &&
      codes.size() == samples * ends.size() && codes_fit(codes, ends) &&
      labels.size() == (classes ? samples : 0) && all_below(labels, model.network.outputs) &&
      targets.size() == (classes ? 0 : samples) && all_below(tokens, input.vocabulary) &&
      (!texts || samples == 0 || (offsets.size() == samples + 1 && offsets_fit(offsets, tokens.size())));
  return whole ? Result<>()
               : fail(Exit::integrity, "the data packed for an interrupted run is damaged",
                      "delete the unfinished output, NAME.partial, and train again");
}

Result<PackedSplit> PackedSplit::open(const sys::PathAt& folder, int64_t size, const Model& model) {
  PackedSplit split;
  split.size = size;
  split.pixels = TRY(map_file<uint8_t>(folder / "pixels", split.mappings_));
  split.features = TRY(map_file<float>(folder / "features", split.mappings_));
  split.codes = TRY(map_file<int32_t>(folder / "codes", split.mappings_));
  split.tokens = TRY(map_file<int32_t>(folder / "tokens", split.mappings_));
  split.labels = TRY(map_file<int32_t>(folder / "labels", split.mappings_));
  split.offsets = TRY(map_file<int64_t>(folder / "offsets", split.mappings_));
  split.targets = TRY(map_file<float>(folder / "targets", split.mappings_));
  if (const Result<> whole = split.check(model); !whole)
    return fail(whole.error().code, whole.error().message, whole.error().hint, folder.path().string());
  return split;
}

Result<int64_t> pack_split(const PackRequest& request, const sys::StopFlag& stop,
                           const std::function<void(uint64_t)>& advance) {
  TRY(sys::remove_tree(request.folder));
  TRY(sys::make_folders(request.folder));
  Packer packer(request, advance);
  const auto take = [&](const Sample& sample) -> Result<> {
    if (stop) return fail(stop.code(), "stopped before the first step: nothing was saved");
    return packer.add(sample);
  };
  TRY(for_each_sample(request.shards, request.dataset, request.split, take));
  return packer.finish();
}

}  // namespace mlctl
