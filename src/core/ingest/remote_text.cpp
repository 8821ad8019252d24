#include "core/ingest/remote_text.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace mlctl {

namespace {

constexpr size_t kPiece = size_t{256} << 10;
constexpr int kGzip = 15 + 16;  // zlib's word for the largest window and gzip's own head
constexpr std::string_view kMagic = "\x1f\x8b";

// As zlib's gzread() takes a file: members one after the other, what follows them passed over.
class GunzipReader : public ByteReader {
 public:
  GunzipReader(std::unique_ptr<ByteReader> packed, std::string url)
      : packed_(std::move(packed)), url_(std::move(url)), held_(kPiece) {
    inflateInit2(&stream_, kGzip);
  }
  ~GunzipReader() override { inflateEnd(&stream_); }
  GunzipReader(const GunzipReader&) = delete;
  GunzipReader& operator=(const GunzipReader&) = delete;

  Result<size_t> read(char* out, size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min(size, kPiece));
    const uInt wanted = stream_.avail_out;
    while (!ended_ && stream_.avail_out == wanted) TRY(step());
    return wanted - stream_.avail_out;
  }

 private:
  Result<> fill(size_t least) {
    while (stream_.avail_in < least) {
      std::copy_n(stream_.next_in, stream_.avail_in, held_.data());
      stream_.next_in = held_.data();
      const size_t got = TRY(packed_->read(reinterpret_cast<char*>(held_.data()) + stream_.avail_in,
                                           held_.size() - stream_.avail_in));
      if (got == 0) break;
      stream_.avail_in += static_cast<uInt>(got);
    }
    return {};
  }

  Result<> step() {
    if (!within_) return begin_member();
    TRY(fill(1));
    if (stream_.avail_in == 0) return damaged("unexpected end of file");
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      within_ = false;
    } else if (status != Z_OK) {
      return damaged(stream_.msg == nullptr ? "it does not unpack" : stream_.msg);
    }
    return {};
  }

  Result<> begin_member() {
    TRY(fill(kMagic.size()));
    if (stream_.avail_in >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), stream_.next_in,
                                                        [](char a, Bytef b) { return Bytef(a) == b; })) {
      inflateReset(&stream_);
      within_ = true;
      return {};
    }
    ended_ = true;
    do {  // to its end: only the whole has a checksum
      stream_.avail_in = 0;
      TRY(fill(1));
    } while (stream_.avail_in > 0);
    return {};
  }

  Result<> damaged(const char* why) const {
    return fail(Exit::data, fmt::format("{} is damaged gzip: {}", url_, why), "store the file again");
  }

  std::unique_ptr<ByteReader> packed_;
  std::string url_;
  std::vector<Bytef> held_;
  z_stream stream_{};
  bool within_ = false, ended_ = false;
};

Result<size_t> fill(ByteReader& reader, char* out, size_t size) {
  size_t filled = 0;
  while (filled < size) {
    const size_t got = TRY(reader.read(out + filled, size - filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

Result<bool> is_packed(RemoteText& file) {
  const std::unique_ptr<ByteReader> reader = TRY(file.open(0));
  char magic[2] = {};
  const size_t got = TRY(fill(*reader, magic, sizeof magic));
  return std::string_view(magic, got) == kMagic;
}

}  // namespace

Result<std::unique_ptr<ByteReader>> open_text(RemoteText& file, uint64_t offset) {
  if (!TRY(is_packed(file))) return file.open(offset);
  auto unpacked = std::make_unique<GunzipReader>(TRY(file.open(0)), file.url());
  std::vector<char> passed(kPiece);
  for (uint64_t at = 0; at < offset;) {
    const size_t got = TRY(fill(*unpacked, passed.data(), std::min<uint64_t>(kPiece, offset - at)));
    if (got == 0) {
      return fail(Exit::data, fmt::format("{} ends before byte {}", file.url(), offset),
                  "the file changed while it was read: start over with --overwrite");
    }
    at += got;
  }
  return std::unique_ptr<ByteReader>(std::move(unpacked));
}

}  // namespace mlctl
