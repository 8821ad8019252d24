#include "cloud/store/http_store.h"

#include <doctest/doctest.h>

#include "fakes/scripted_transport.h"

using namespace mlctl;
using test::reply;
using test::ScriptedStore;
using test::Seen;

namespace {

Content content_of_text(const std::string& text) {
  Content content;
  content.size = text.size();
  content.read = [text](uint64_t offset, uint64_t size, const TakeBytes& take) {
    return take(std::string_view(text).substr(offset, size));
  };
  return content;
}

const TakeBytes kUnseen = [](std::string_view) -> Result<> { return {}; };
constexpr const char* kHello = "M3eFcAZSQlc=";  // CRC-64/NVME of "hello"

std::string page(const std::vector<std::string>& keys, const std::string& next) {
  std::string xml =
      "<ListBucketResult><IsTruncated>" + std::string(next.empty() ? "false" : "true") + "</IsTruncated>";
  for (const std::string& key : keys)
    xml += "<Contents><Key>" + key + "</Key><Size>1</Size><ETag>\"e\"</ETag></Contents>";
  if (!next.empty()) xml += "<NextContinuationToken>" + next + "</NextContinuationToken>";
  return xml + "</ListBucketResult>";
}

}  // namespace

TEST_CASE("a listing goes on from page to page, and refuses keys outside its prefix") {
  ScriptedStore store([](const Seen& seen) {
    const bool second = seen.target.find("continuation-token=n2") != std::string::npos;
    return reply(200, second ? page({"d/c"}, "") : page({"d/a", "d/b"}, "n2"));
  });
  HttpStore bucket(store.client, "");
  std::vector<std::string> keys;
  REQUIRE(bucket.list("d/", true, [&](const ObjectInfo& object) -> Result<> {
    keys.push_back(object.key);
    return {};
  }));
  CHECK(keys == std::vector<std::string>{"d/a", "d/b", "d/c"});

  ScriptedStore hostile([](const Seen&) { return reply(200, page({"other/x"}, "")); });
  HttpStore lying(hostile.client, "");
  CHECK_FALSE(lying.list("d/", true, [](const ObjectInfo&) -> Result<> { return {}; }));
}

TEST_CASE("an object is written with its checksum, and only where there is none when so asked") {
  for (const bool only_new : {false, true}) {
    CAPTURE(only_new);
    ScriptedStore store([](const Seen& seen) {
      return seen.method == "PUT" ? reply(200, "", {{"etag", "\"e\""}}) : reply(404);
    });
    HttpStore bucket(store.client, "");
    REQUIRE(bucket.put("k.txt", content_of_text("hello"), only_new, kUnseen));
    const Seen& put = store.seen.back();
    CHECK(put.method == "PUT");
    CHECK(put.body == "hello");
    CHECK(header(put.headers, "x-amz-checksum-crc64nvme") != "");
    CHECK(header(put.headers, "if-none-match") == (only_new ? "*" : ""));
  }
}

TEST_CASE("what was written meanwhile is a conflict, and nothing is replaced") {
  ScriptedStore store([](const Seen&) {
    return reply(412, "<Error><Code>PreconditionFailed</Code><Message>m</Message></Error>");
  });
  HttpStore bucket(store.client, "");
  const auto stored = bucket.put("k", content_of_text("hello"), true, kUnseen);
  REQUIRE_FALSE(stored);
  CHECK(stored.error().code == Exit::conflict);
}

TEST_CASE("bytes that are not the object's checksum's are refused") {
  for (const bool damaged : {false, true}) {
    CAPTURE(damaged);
    ScriptedStore store([&](const Seen&) {
      return reply(200, damaged ? "hullo" : "hello",
                   {{"content-length", "5"}, {"etag", "\"e\""}, {"x-amz-checksum-crc64nvme", kHello}});
    });
    HttpStore bucket(store.client, "");
    const ObjectInfo info{"k", 5, 0, "e"};
    std::string text;
    const auto read = bucket.get_whole(info, [&](std::string_view bytes) -> Result<> {
      text += bytes;
      return {};
    });
    CHECK(read.has_value() == !damaged);
    if (damaged) CHECK(read.error().code == Exit::integrity);
  }
}

TEST_CASE("of a batch of deletions the refused one is named") {
  ScriptedStore store([](const Seen&) {
    return reply(200,
                 "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code>"
                 "<Message>no</Message></Error></DeleteResult>");
  });
  HttpStore bucket(store.client, "");
  const auto removed = bucket.remove_all({"a", "b"}, [](size_t) -> Result<> { return {}; });
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code == Exit::auth);
  CHECK(removed.error().message.find("s3://bucket/b") != std::string::npos);
}
