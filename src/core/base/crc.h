#pragma once
// The checksums object stores keep: reflected CRCs, all ones at the start and inverted at the end. `crc` is
// the checksum of the bytes before, so that a file is summed chunk by chunk; combine() joins the sums of two
// neighbours without their bytes (the matrix method of zlib's crc32_combine). Vectors: the CRC catalogue
// (reveng.sourceforge.io) and ceph/s3-tests.

#include <cstdint>
#include <string_view>

namespace mlctl {

uint32_t crc32c(std::string_view bytes, uint32_t crc = 0);      // Castagnoli: S3's and Google's x-…-crc32c
uint64_t crc64_nvme(std::string_view bytes, uint64_t crc = 0);  // S3's x-amz-checksum-crc64nvme
uint64_t crc64_xz(std::string_view bytes, uint64_t crc = 0);    // OSS's x-oss-hash-crc64ecma

uint32_t crc32c_combine(uint32_t first, uint32_t second, uint64_t second_size);
uint64_t crc64_nvme_combine(uint64_t first, uint64_t second, uint64_t second_size);
uint64_t crc64_xz_combine(uint64_t first, uint64_t second, uint64_t second_size);

}  // namespace mlctl
