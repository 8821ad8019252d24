#include "cloud/store/listing.h"

#include <doctest/doctest.h>

#include "cloud/store/facts.h"
#include "cloud/store/xml.h"

using namespace mlctl;

TEST_CASE("a store is believed only about what is below the prefix that was asked for") {
  const ListingCheck check("data/", "s3://bucket/data/");
  for (const char* key : {"data/", "data/a", "data/../x", "data//x"}) CHECK(check.key(key));
  for (const char* key : {"", "x", "data", "/data/a", "../data/a", "dat", "Data/a"}) {
    CAPTURE(key);
    const Result<> checked = check.key(key);
    REQUIRE(!checked);
    CHECK(checked.error().code == Exit::network);
    CHECK(checked.error().message.find("s3://bucket/data/") != std::string::npos);
  }
  CHECK(ListingCheck("", "s3://bucket/").key("anything"));
}

TEST_CASE("a listing that comes back to a page, or never brings anything, ends") {
  ListingCheck check("", "s3://bucket/");
  CHECK(check.page("a"));
  CHECK(check.page(""));
  CHECK(check.page("c"));
  CHECK(check.page("b"));  // some stores list in no order
  CHECK(check.page("a").error().code == Exit::network);

  ListingCheck empty("", "s3://bucket/");
  int pages = 0;
  while (empty.page("") && pages < 100000) ++pages;
  CHECK(pages < 100000);
  CHECK(pages > 100);
}

TEST_CASE("no object is larger than any store takes") {
  const auto size = [](const char* text) {
    return parse_list(std::string("<ListBucketResult><Contents><Key>k</Key><Size>") + text +
                      "</Size></Contents></ListBucketResult>")
        ->objects[0]
        .size;
  };
  CHECK(check_size(size("5497558138880"), "s3://b/k"));
  for (const char* text : {"9223372036854775808", "18446744073709551615", "99999999999999999999999"})
    CHECK(check_size(size(text), "s3://b/k").error().code == Exit::network);
}

TEST_CASE("a folder in a listing ends with a slash") {
  const auto listing = [](const char* prefix) {
    return std::string("<ListBucketResult><CommonPrefixes><Prefix>") + prefix +
           "</Prefix></CommonPrefixes></ListBucketResult>";
  };
  CHECK(parse_list(listing("data/a/")));
  CHECK(parse_list(listing("data/a")).error().code == Exit::network);
  CHECK(parse_list(listing("")).error().code == Exit::network);
}

TEST_CASE("a region is a plain word, or nothing that becomes part of a host or a header") {
  for (const char* name : {"us-east-1", "default", "cn-hangzhou", "a"}) CHECK(is_region(name));
  for (const std::string name : {"", "evil.com/", "us\r\nX-Injected: yes", "us east", "US@x", "a:1"})
    CHECK_FALSE(is_region(name));
  CHECK_FALSE(is_region(std::string(64, 'a')));
  const std::string kept =
      R"({"regions": {"b": {"region": "us\r\nX-Injected: yes", "learnt": 5}, "c": {"region": "eu-west-1", "learnt": 5}}})";
  const Facts facts = parse_facts(kept, 5);
  CHECK(facts.regions.size() == 1);
  CHECK(facts.regions.contains("c"));
}
