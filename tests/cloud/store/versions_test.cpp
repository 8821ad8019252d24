#include <doctest/doctest.h>

#include "cloud/store/customer_key.h"
#include "cloud/store/xml.h"

using namespace mlctl;

TEST_CASE("versions and marks of deletion are read in the store's order, page by page") {
  const auto page = parse_versions(
      "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextKeyMarker>a%2Fb</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>"
      "<DeleteMarker><Key>a%2Fb</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest></DeleteMarker>"
      "<Version><Key>a%2Fb</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest><Size>7</Size></Version>"
      "</ListVersionsResult>");
  REQUIRE(page);
  REQUIRE(page->versions.size() == 2);
  CHECK(page->versions[0].deleted);
  CHECK(page->versions[0].latest);
  CHECK(page->versions[1].object.key == "a/b");
  CHECK(page->versions[1].object.size == 7);
  CHECK(page->versions[1].id == "v2");
  CHECK(page->next_key == "a/b");
  CHECK(page->next_id == "v1");
}

TEST_CASE("Google's versions are generations") {
  const auto page = parse_versions(
      "<ListBucketResult><IsTruncated>false</IsTruncated><Version><Key>k</Key><Generation>17</Generation>"
      "<IsLatest>true</IsLatest><Size>1</Size></Version></ListBucketResult>");
  REQUIRE(page);
  CHECK(page->versions.at(0).id == "17");
  CHECK(page->next_key.empty());
}

TEST_CASE("buckets are read, page by page, in the words of S3 and of OSS") {
  const auto s3 = parse_buckets(
      "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><CreationDate>2026-01-31T12:00:00.000Z"
      "</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket><Bucket><Name>b</Name></Bucket>"
      "</Buckets><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>");
  REQUIRE(s3);
  REQUIRE(s3->buckets.size() == 2);
  CHECK(s3->buckets[0].name == "a");
  CHECK(s3->buckets[0].created_millis == 1769860800000);
  CHECK(s3->buckets[0].region == "eu-west-1");
  CHECK(s3->buckets[1].name == "b");
  CHECK(s3->buckets[1].region.empty());
  CHECK(s3->next == "t");
  const auto oss = parse_buckets(
      "<ListAllMyBucketsResult><IsTruncated>true</IsTruncated><NextMarker>c</NextMarker><Buckets><Bucket>"
      "<Name>c</Name><Location>oss-cn-hangzhou</Location></Bucket></Buckets></ListAllMyBucketsResult>");
  REQUIRE(oss);
  CHECK(oss->buckets.at(0).region == "cn-hangzhou");
  CHECK(oss->next == "c");
  CHECK(parse_buckets("<ListAllMyBucketsResult/>").value().buckets.empty());
}

TEST_CASE("a customer's key is 32 bytes or their base64, and travels only where nobody else reads") {
  const Service &s3 = *find_service("s3"), &gs = *find_service("gs");
  const Url tls = parse_url("https://store").value();
  const std::string raw(32, 'k'), encoded = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=\n";
  const HttpHeaders headers = customer_key_headers(s3, tls, raw, "f").value();
  CHECK(headers == customer_key_headers(s3, tls, encoded, "f").value());
  CHECK(header(headers, "x-amz-server-side-encryption-customer-key") == encoded.substr(0, 44));
  CHECK(header(headers, "x-amz-server-side-encryption-customer-key-md5") == "mT2HRsMGJ5IX5C+0rreZ8Q==");
  CHECK(header(customer_key_headers(gs, tls, raw, "f").value(), "x-goog-encryption-algorithm") == "AES256");
  CHECK(customer_key_headers(*find_service("oss"), tls, raw, "f").error().code == Exit::usage);
  CHECK(customer_key_headers(s3, parse_url("http://store").value(), raw, "f").error().code == Exit::usage);
  for (const char* here : {"http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"})
    CHECK(customer_key_headers(s3, parse_url(here).value(), raw, "f").has_value());
  for (const std::string& wrong : {std::string(), std::string(31, 'k'), std::string("c2hvcnQ=")}) {
    const auto refused = customer_key_headers(s3, tls, wrong, "key.file");
    REQUIRE(!refused);
    CHECK(refused.error().message.find("key.file") != std::string::npos);
    CHECK(refused.error().message.find("kkk") == std::string::npos);
  }
}
