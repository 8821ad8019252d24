#include "core/data/tar.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace mlctl {

namespace {

constexpr size_t kBlock = 512;

// POSIX.1-1988 ustar header; numbers are octal text.
struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, linkname[100], magic[6],
      version[2], user[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
static_assert(sizeof(Header) == kBlock);

size_t padded(size_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

unsigned checksum_of(const Header& header) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  unsigned sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const bool own =
        i >= offsetof(Header, checksum) && i < offsetof(Header, checksum) + sizeof header.checksum;
    sum += own ? ' ' : bytes[i];
  }
  return sum;
}

template <size_t N>
void put_octal(char (&field)[N], uint64_t value) {
  fmt::format_to_n(field, N - 1, "{:0{}o}", value, N - 1);
}

template <size_t N>
uint64_t octal(const char (&field)[N]) {
  uint64_t value = 0;
  for (size_t i = 0; i < N && field[i] >= '0' && field[i] <= '7'; ++i) {
    value = value * 8 + static_cast<uint64_t>(field[i] - '0');
  }
  return value;
}

}  // namespace

void append_tar_member(std::string& out, std::string_view name, std::string_view bytes) {
  Header header{};
  std::memcpy(header.name, name.data(), std::min(name.size(), sizeof header.name));
  put_octal(header.mode, 0644);
  put_octal(header.uid, 0);
  put_octal(header.gid, 0);
  put_octal(header.size, bytes.size());
  put_octal(header.mtime, 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  fmt::format_to_n(header.checksum, 6, "{:06o}", checksum_of(header));
  header.checksum[7] = ' ';
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(bytes);
  out.append(padded(bytes.size()) - bytes.size(), '\0');
}

void end_tar(std::string& out) {
  out.append(2 * kBlock, '\0');
}

Result<> for_each_tar_member(std::string_view archive, const std::string& where,
                             const std::function<Result<>(const TarMember&)>& take) {
  const auto damaged = [&](size_t at) {
    return fail(Exit::integrity, fmt::format("the archive is damaged at byte {}", at),
                "make or fetch it again", where);
  };
  size_t at = 0;
  while (at + kBlock <= archive.size() && archive[at] != '\0') {
    Header header;
    std::memcpy(&header, archive.data() + at, kBlock);
    if (octal(header.checksum) != checksum_of(header)) return damaged(at);
    const uint64_t size = octal(header.size);
    if (size > archive.size() - at - kBlock) return damaged(at);
    if (header.type == '0' || header.type == '\0') {
      const std::string_view name(archive.data() + at, ::strnlen(header.name, sizeof header.name));
      TRY(take({name, archive.substr(at + kBlock, size)}));
    }
    at += kBlock + padded(size);
  }
  if (at + kBlock > archive.size()) return damaged(at);  // no end mark: it was cut
  return {};
}

}  // namespace mlctl
