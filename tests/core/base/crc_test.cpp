#include "core/base/crc.h"

#include <string>

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("CRCs of the catalogue's check string") {
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc64_nvme("123456789") == 0xae8b14860a799888);
  CHECK(crc64_xz("123456789") == 11051210869376104954u);  // as OSS writes it
}

TEST_CASE("CRCs of the vectors of S3's clients") {
  CHECK(crc64_nvme("aaaaaaaaaa") == 0x0c1a80036d65c555);
  CHECK(crc64_nvme(std::string(1024, 'A')) == 0x41e87ca17bc6892a);
}

TEST_CASE("a CRC is the same chunk by chunk, at any length") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 131 + i / 7);
  for (size_t size : {0, 1, 7, 8, 15, 63, 64, 127, 128, 129, 191, 192, 255, 256, 999, 1000}) {
    const std::string_view whole(text.data(), size);
    uint64_t nvme = 0, xz = 0;
    uint32_t castagnoli = 0;
    for (size_t at = 0; at < size; at += 5) {
      const std::string_view chunk = whole.substr(at, 5);
      nvme = crc64_nvme(chunk, nvme), xz = crc64_xz(chunk, xz), castagnoli = crc32c(chunk, castagnoli);
    }
    CAPTURE(size);
    CHECK(crc64_nvme(whole) == nvme);
    CHECK(crc64_xz(whole) == xz);
    CHECK(crc32c(whole) == castagnoli);
  }
}

TEST_CASE("the CRCs of two neighbours combine to that of both") {
  const std::string all = std::string(1000, 'A') + std::string(777, 'B');
  const std::string_view first(all.data(), 1000), second(all.data() + 1000, 777);
  CHECK(crc64_nvme_combine(crc64_nvme(first), crc64_nvme(second), 777) == crc64_nvme(all));
  CHECK(crc64_xz_combine(crc64_xz(first), crc64_xz(second), 777) == crc64_xz(all));
  CHECK(crc32c_combine(crc32c(first), crc32c(second), 777) == crc32c(all));
  CHECK(crc64_nvme_combine(crc64_nvme(all), crc64_nvme(""), 0) == crc64_nvme(all));
}
