// What OSS and Google say otherwise than S3.

#include <ostream>

#include <doctest/doctest.h>

#include "cloud/store/headers.h"
#include "cloud/store/xml.h"

using namespace mlctl;

TEST_CASE("A part's CRC64 that OSS lists is read as its header is") {
  const Service& oss = *find_service("oss");
  const auto page = parse_parts(
      "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><ETag>\"A\"</ETag>"
      "<HashCrc64ecma>11051210869376104954</HashCrc64ecma><Size>9</Size></Part></ListPartsResult>");
  REQUIRE(page);
  REQUIRE(page->parts.size() == 1);
  const Checksum listed = checksum_in(oss, {{oss.checksum_header, page->parts[0].checksum}});
  CHECK(listed.kind == Checksum::Kind::crc64_xz);
  CHECK(listed.value == "995dc9bbdf1939fa");
}

TEST_CASE("A checksum sent to Google names its kind, and is read back") {
  const Service& google = *find_service("gs");
  const Checksum sum{Checksum::Kind::crc32c, "e3069283"};
  CHECK(checksum_header_value(sum) == "crc32c=4waSgw==");
  CHECK(checksum_in(google, {{"x-goog-hash", checksum_header_value(sum) + ",md5=AAAA"}}) == sum);
}

TEST_CASE("Each store has its own way not to replace an object") {
  CHECK(std::string(find_service("s3")->only_new.first) == "if-none-match");
  CHECK(std::string(find_service("oss")->only_new.first) == "x-oss-forbid-overwrite");
  CHECK(std::string(find_service("gs")->only_new.first) == "x-goog-if-generation-match");
}
