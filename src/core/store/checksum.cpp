#include "core/store/checksum.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/base/crc.h"

namespace mlctl {

struct Summer::Md5 {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Md5() { EVP_DigestInit_ex(context, EVP_md5(), nullptr); }
  ~Md5() { EVP_MD_CTX_free(context); }
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;
};

Summer::Summer(Checksum::Kind kind)
    : kind_(kind), md5_(kind == Checksum::Kind::md5 ? std::make_unique<Md5>() : nullptr) {}
Summer::~Summer() = default;
Summer::Summer(Summer&&) noexcept = default;
Summer& Summer::operator=(Summer&&) noexcept = default;

void Summer::update(std::string_view bytes) {
  switch (kind_) {
    case Checksum::Kind::none:
      break;
    case Checksum::Kind::crc64_nvme:
      crc_ = crc64_nvme(bytes, crc_);
      break;
    case Checksum::Kind::crc64_xz:
      crc_ = crc64_xz(bytes, crc_);
      break;
    case Checksum::Kind::crc32c:
      crc_ = crc32c(bytes, static_cast<uint32_t>(crc_));
      break;
    case Checksum::Kind::md5:
      EVP_DigestUpdate(md5_->context, bytes.data(), bytes.size());
      break;
  }
}

void Summer::append(const Summer& next, uint64_t size) {
  switch (kind_) {
    case Checksum::Kind::crc64_nvme:
      crc_ = crc64_nvme_combine(crc_, next.crc_, size);
      break;
    case Checksum::Kind::crc64_xz:
      crc_ = crc64_xz_combine(crc_, next.crc_, size);
      break;
    case Checksum::Kind::crc32c:
      crc_ = crc32c_combine(static_cast<uint32_t>(crc_), static_cast<uint32_t>(next.crc_), size);
      break;
    case Checksum::Kind::none:
    case Checksum::Kind::md5:
      break;
  }
}

Checksum Summer::finish() {
  if (kind_ == Checksum::Kind::none) return {};
  if (kind_ == Checksum::Kind::crc32c) return {kind_, fmt::format("{:08x}", crc_)};
  if (kind_ != Checksum::Kind::md5) return {kind_, fmt::format("{:016x}", crc_)};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(md5_->context, digest.data(), &size);
  return checksum_from_bytes(kind_, {reinterpret_cast<const char*>(digest.data()), size});
}

bool can_combine(Checksum::Kind kind) {
  return kind == Checksum::Kind::crc64_nvme || kind == Checksum::Kind::crc64_xz ||
         kind == Checksum::Kind::crc32c;
}

const char* name(Checksum::Kind kind) {
  static constexpr std::array<const char*, 5> kNames = {"none", "CRC64NVME", "CRC64", "CRC32C", "MD5"};
  return kNames[static_cast<size_t>(kind)];
}

std::string checksum_bytes(const Checksum& checksum) {
  std::string raw;
  for (size_t at = 0; at + 1 < checksum.value.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(checksum.value.data() + at, checksum.value.data() + at + 2, byte, 16);
    raw += static_cast<char>(byte);
  }
  return raw;
}

Checksum checksum_from_bytes(Checksum::Kind kind, std::string_view raw) {
  Checksum checksum{kind, {}};
  for (const char byte : raw) checksum.value += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return checksum;
}

Result<Checksum> checksum_of(const Origin& origin) {
  if (origin.object.checksum.kind != Checksum::Kind::none) return origin.object.checksum;
  const ObjectInfo now = TRY(origin.store->head(origin.object.key));
  return now.etag == origin.object.etag ? now.checksum : Checksum{};
}

}  // namespace mlctl
