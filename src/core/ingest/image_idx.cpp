// The IDX format of MNIST: big-endian magic 0 0 TYPE DIMENSIONS, the sizes, then unsigned bytes.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/ingest/blocks.h"
#include "core/ingest/image_openers.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

struct IdxHeader {
  std::vector<int64_t> sizes;
  uint64_t data_begin = 0;
  int64_t item_bytes() const {
    int64_t bytes = 1;
    for (size_t i = 1; i < sizes.size(); ++i) bytes *= sizes[i];
    return bytes;
  }
};

tl::unexpected<Error> truncated(const fs::path& path) {
  return fail(Exit::data, fmt::format("{} is truncated: it ends too early", path.string()),
              "fetch the file again");
}

// Reads in pieces, so that memory is taken for what is there and not for what a header says.
Result<> read_exactly(TextReader& reader, std::string& out, size_t size, const fs::path& path) {
  constexpr size_t kPiece = size_t{4} << 20;
  out.clear();
  for (size_t filled = 0; filled < size;) {
    if (filled == out.size()) out.resize(std::min(size, filled + kPiece));
    const size_t got = TRY(reader.read(out.data() + filled, out.size() - filled));
    if (got == 0) return truncated(path);
    filled += got;
  }
  return {};
}

// Compares the sizes in a header with the file's: a byte of gzip unpacks to 1,032 bytes at most.
Result<> check_claims(const IdxHeader& header, const fs::path& path) {
  const auto bytes = checked_product(header.sizes);
  if (header.sizes[0] > limits::kIdxItems || header.item_bytes() > limits::kIdxItemBytes) {
    return fail(Exit::data,
                fmt::format("{} claims {} items of {} bytes; {} of {} are read at most", path.string(),
                            header.sizes[0], header.item_bytes(), limits::kIdxItems, limits::kIdxItemBytes));
  }
  std::error_code code;
  const uint64_t size = fs::file_size(path, code);
  constexpr uint64_t kRatio = 1040;
  const bool packed = sys::read_range(path, 0, 2).value_or("") == "\x1f\x8b";
  const uint64_t most = packed ? checked_mul(size, kRatio).value_or(UINT64_MAX) : size;
  if (code || (bytes && static_cast<uint64_t>(*bytes) + header.data_begin <= most)) return {};
  return truncated(path);
}

Result<IdxHeader> read_header(TextReader& reader, const fs::path& path, SourceWatch& watch) {
  TRY(reader.open(path, 0, &watch));
  std::string bytes;
  TRY(read_exactly(reader, bytes, 4, path));
  const auto dimensions = static_cast<size_t>(static_cast<uint8_t>(bytes[3]));
  if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || dimensions < 1 || dimensions > 4) {
    return fail(Exit::data, fmt::format("{} is not an IDX file of bytes", path.string()),
                "IDX files begin with 0 0 8 and the number of dimensions");
  }
  IdxHeader header;
  TRY(read_exactly(reader, bytes, 4 * dimensions, path));
  for (size_t i = 0; i < dimensions; ++i) {
    int64_t size = 0;
    for (size_t j = 0; j < 4; ++j) size = size << 8 | static_cast<uint8_t>(bytes[i * 4 + j]);
    if (i > 0 && (size < 1 || size > 65535)) {
      return fail(Exit::data, fmt::format("{} claims pictures of size {}", path.string(), size));
    }
    header.sizes.push_back(size);
  }
  header.data_begin = 4 + 4 * dimensions;
  TRY(check_claims(header, path));
  return header;
}

struct IdxFile {
  fs::path path;
  IdxHeader header;
  std::string labels;  // a byte per picture
  int split = -1;
};

Result<IdxFile> open_file(const fs::path& path, SourceWatch& watch) {
  IdxFile file;
  file.path = path;
  TextReader reader;
  file.header = TRY(read_header(reader, path, watch));
  if (file.header.sizes.size() < 3)
    return fail(Exit::data, fmt::format("{} holds no pictures", path.string()));
  if (file.header.sizes.size() == 4 && file.header.sizes[3] != 1 && file.header.sizes[3] != 3) {
    return fail(Exit::data,
                fmt::format("{} has {} channels, not 1 or 3", path.string(), file.header.sizes[3]));
  }
  const fs::path labels = TRY(labels_beside(path));
  const IdxHeader label_header = TRY(read_header(reader, labels, watch));
  if (label_header.sizes.size() != 1 || label_header.sizes[0] != file.header.sizes[0]) {
    return fail(Exit::data, fmt::format("{} has {} labels for {} pictures", labels.string(),
                                        label_header.sizes[0], file.header.sizes[0]));
  }
  TRY(read_exactly(reader, file.labels, static_cast<size_t>(label_header.sizes[0]), labels));
  file.split = split_of_file_name(path.filename().string());
  return file;
}

class Idx : public ImageStream {
 public:
  Idx(std::vector<IdxFile> files, const IngestRequest& request)
      : files_(std::move(files)), watch_(request.watch) {
    size_t largest = 0;
    for (const IdxFile& file : files_) {
      items += file.header.sizes[0];
      for (const char label : file.labels) largest = std::max<size_t>(largest, static_cast<uint8_t>(label));
    }
    classes = request.classes;
    for (size_t i = classes.size(); i <= largest; ++i) classes.push_back(std::to_string(i));
  }

  Result<> skip(int64_t count) override {
    for (file_ = 0; file_ < files_.size() && count >= files_[file_].header.sizes[0]; ++file_) {
      count -= files_[file_].header.sizes[0];
    }
    at_ = count;
    reader_.close();
    return {};
  }

  Result<std::optional<ImageItem>> next() override {
    while (file_ < files_.size() && at_ >= files_[file_].header.sizes[0]) {
      ++file_;
      at_ = 0;
      reader_.close();
    }
    if (file_ == files_.size()) return std::optional<ImageItem>();
    const IdxFile& file = files_[file_];
    const auto size = static_cast<size_t>(file.header.item_bytes());
    if (!reader_.is_open())
      TRY(reader_.open(file.path, file.header.data_begin + static_cast<uint64_t>(at_) * size, watch_.get()));
    ImageItem item;
    TRY(read_exactly(reader_, item.bytes, size, file.path));
    item.name = fmt::format("{}:{}", file.path.filename().string(), at_);
    item.label = classes[static_cast<uint8_t>(file.labels[static_cast<size_t>(at_)])];
    item.split = file.split;
    item.size = size;
    item.height = file.header.sizes[1];
    item.width = file.header.sizes[2];
    item.channels = file.header.sizes.size() == 4 ? file.header.sizes[3] : 1;
    ++at_;
    return std::optional(std::move(item));
  }

 private:
  std::vector<IdxFile> files_;
  std::shared_ptr<SourceWatch> watch_;
  TextReader reader_;
  size_t file_ = 0;
  int64_t at_ = 0;
};

}  // namespace

Result<fs::path> labels_beside(const fs::path& images) {
  std::string name = images.filename().string();
  const auto replace = [&](const std::string& from, const std::string& to) {
    if (const size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
  };
  replace("images", "labels");
  replace("idx3", "idx1");
  replace("idx4", "idx1");
  const bool packed = name.ends_with(".gz");
  for (const std::string& candidate : {name, packed ? name.substr(0, name.size() - 3) : name + ".gz"}) {
    const fs::path path = images.parent_path() / candidate;
    if (sys::exists(path) && path != images) return path;
  }
  return fail(Exit::not_found, fmt::format("the labels of {} are missing", images.string()),
              fmt::format("put {} beside it", name));
}

Result<std::unique_ptr<ImageStream>> open_idx(const std::vector<fs::path>& images,
                                              const IngestRequest& request, SplitRule& split) {
  std::vector<IdxFile> files;
  std::set<int> own;
  for (const fs::path& path : images) {
    files.push_back(TRY(open_file(path, *request.watch)));
    own.insert(std::max(0, files.back().split));
  }
  split.source_is_split = own.size() > 1;
  split.carve_validation = !own.contains(1);
  for (IdxFile& file : files) file.split = split.source_is_split ? std::max(0, file.split) : -1;
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.split < b.split; });
  auto source = std::make_unique<Idx>(std::move(files), request);
  const size_t named = request.classes.size();
  if (named > 0 && source->classes.size() > named) {
    return fail(Exit::data, fmt::format("--classes names {} classes, the labels go up to {}", named,
                                        source->classes.size() - 1));
  }
  return std::unique_ptr<ImageStream>(std::move(source));
}

}  // namespace mlctl
