#include "cloud/store/copy.h"

#include <doctest/doctest.h>

#include "cloud/store/headers.h"
#include "cloud/store/xml.h"

using namespace mlctl;

namespace {

StoreSettings at(const char* scheme, const char* endpoint) {
  return {*find_service(scheme), "bucket", parse_url(endpoint).value(), true, "r"};
}

}  // namespace

TEST_CASE("a copy stays within one service at one endpoint, and within what it copies") {
  constexpr uint64_t kLarge = uint64_t{6} << 30;
  const StoreSettings s3 = at("s3", "http://127.0.0.1:9000"), gs = at("gs", "https://a");
  CHECK(can_copy(s3, at("s3", "http://127.0.0.1:9000"), kLarge));
  CHECK(!can_copy(s3, at("s3", "http://127.0.0.1:9001"), 1));
  CHECK(!can_copy(s3, at("s3", "https://127.0.0.1:9000"), 1));
  CHECK(!can_copy(s3, at("oss", "http://127.0.0.1:9000"), 1));
  CHECK(can_copy(gs, gs, 1));
  CHECK(!can_copy(gs, gs, kLarge));
}

TEST_CASE("a copy keeps type and metadata, in the words of its store, under what the flags say") {
  StoreSettings to = at("oss", "https://a");
  to.put_headers = {{"x-oss-meta-owner", "me"}, {"x-oss-storage-class", "IA"}};
  const auto described = described_by(to, *find_service("s3"),
                                      {{"content-type", "text/x"},
                                       {"content-length", "9"},
                                       {"x-amz-meta-owner", "them"},
                                       {"x-amz-meta-note", "n"},
                                       {"x-amz-request-id", "r"}});
  CHECK(described ==
        HttpHeaders{{"x-oss-meta-owner", "me"}, {"content-type", "text/x"}, {"x-oss-meta-note", "n"}});
  Content content;
  content.described = described;
  HttpHeaders headers = object_headers(to, "a.jpg", content);
  CHECK(headers.size() == 4);
  CHECK(header(headers, "x-oss-storage-class") == "IA");
  CHECK(header(headers, "content-type") == "text/x");
  CHECK(header(object_headers(to, "a.jpg", {}), "content-type") == "image/jpeg");
  to.content_type = "own";
  CHECK(header(described_by(to, *find_service("oss"), {{"content-type", "text/x"}}), "content-type") ==
        "own");
}

TEST_CASE("tags are read") {
  const auto tags = parse_tags(
      "<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value>1</Value></Tag><Tag><Key>c</Key><Value></Value></Tag>"
      "</TagSet></Tagging>");
  CHECK(tags.value() == std::vector<std::pair<std::string, std::string>>{{"a&b", "1"}, {"c", ""}});
}
