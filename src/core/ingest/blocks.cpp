#include "core/ingest/blocks.h"

#include <fcntl.h>
#include <zlib.h>

#include <cerrno>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/text/csv.h"

namespace mlctl {

TextReader::~TextReader() {
  close();
}

void TextReader::close() {
  if (file_ != nullptr) gzclose_r(static_cast<gzFile>(file_));
  file_ = nullptr;
  watched_.reset();
  remote_.reset();
}

Result<> TextReader::check() const {
  return watched_ ? watch_->check(*watched_) : Result<>();
}

Result<> TextReader::open(const std::filesystem::path& path, uint64_t offset, SourceWatch* watch,
                          RemoteText* remote) {
  close();
  path_ = path;
  watch_ = watch;
  if (remote != nullptr) {
    remote_ = TRY(open_text(*remote, offset));
    return {};
  }
  watched_ = watch == nullptr ? TRY(sys::OpenFile::open(path)) : TRY(watch->open(path));
  const int descriptor = ::fcntl(watched_->descriptor(), F_DUPFD_CLOEXEC, 0);
  gzFile file = descriptor < 0 ? nullptr : gzdopen(descriptor, "rb");
  if (file == nullptr) return fail(sys::os_error(errno, "read", path));
  if (watch == nullptr) watched_.reset();
  file_ = file;
  gzbuffer(file, 1 << 18);
  if (offset > 0 && gzseek(file, static_cast<z_off_t>(offset), SEEK_SET) < 0) {
    TRY(check());
    return fail(Exit::data, fmt::format("{} ends before byte {}", path.string(), offset),
                "the file changed while it was read: start over with --overwrite");
  }
  return {};
}

Result<size_t> TextReader::read(char* out, size_t size) {
  if (remote_) return remote_->read(out, size);
  errno = 0;
  const int got = gzread(static_cast<gzFile>(file_), out, static_cast<unsigned>(size));
  int status = Z_OK;
  const char* why = gzerror(static_cast<gzFile>(file_), &status);
  TRY(check());
  if (got < 0 && status == Z_ERRNO) return fail(sys::os_error(errno, "read", path_));
  if (got < 0 || status == Z_BUF_ERROR) {
    return fail(Exit::data, fmt::format("{} is damaged gzip: {}", path_.string(), why),
                "fetch the file again");
  }
  return static_cast<size_t>(got);
}

namespace {

class TextBlocks : public BlockSource {
 public:
  TextBlocks(std::vector<TextFile> files, size_t block_bytes)
      : files_(std::move(files)), block_bytes_(block_bytes) {
    if (!files_.empty()) at_.offset = files_[0].data_begin;
  }

  void seek(const Position& position) override {
    reader_.close();
    carry_.clear();
    at_ = position;
  }

  Position after(const Block& block) const override {
    return {block.file, block.offset + block.bytes.size(), 0};
  }

  Result<std::optional<Block>> next() override {
    while (at_.file < files_.size()) {
      Block block = TRY(read_block());
      if (!block.bytes.empty()) return std::optional(std::move(block));
      if (++at_.file < files_.size()) seek({at_.file, files_[at_.file].data_begin, 0});
    }
    return std::optional<Block>();
  }

 private:
  // Up to block_bytes_ of whole records, more when one record is longer; empty at the file's end.
  Result<Block> read_block() {
    const TextFile& file = files_[at_.file];
    if (!reader_.is_open()) TRY(reader_.open(file.path, at_.offset, file.watch, file.remote));
    Block block{at_.file, at_.offset, std::move(carry_), {}};
    carry_.clear();
    size_t whole = 0;
    while (whole == 0) {
      const size_t held = block.bytes.size(), target = std::max(block_bytes_, held * 2);
      if (held > limits::kRecordBytes) {
        return fail(Exit::data,
                    fmt::format("{}: the record at byte {} is over 64 MiB", file.name, at_.offset),
                    "most likely a quote that is opened there and never closed");
      }
      block.bytes.resize(target);
      size_t filled = held;
      while (filled < target) {
        const size_t got = TRY(reader_.read(block.bytes.data() + filled, target - filled));
        if (got == 0) break;
        filled += got;
      }
      block.bytes.resize(filled);
      if (filled < target) {  // the end of the file: its last record may lack a newline
        whole = filled;
        break;
      }
      whole = file.format == TextFormat::csv ? complete_records(block.bytes, file.delimiter)
                                             : block.bytes.rfind('\n') + 1;
    }
    carry_ = block.bytes.substr(whole);
    block.bytes.resize(whole);
    at_.offset += whole;
    return block;
  }

  std::vector<TextFile> files_;
  size_t block_bytes_;
  Position at_;
  TextReader reader_;
  std::string carry_;
};

}  // namespace

std::unique_ptr<BlockSource> text_blocks(std::vector<TextFile> files, size_t block_bytes) {
  return std::make_unique<TextBlocks>(std::move(files), block_bytes);
}

}  // namespace mlctl
