#include "cloud/store/multipart.h"

#include <doctest/doctest.h>

#include <map>

#include "fakes/scripted_transport.h"

using namespace mlctl;
using test::reply;
using test::ScriptedStore;
using test::Seen;

namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
const TakeBytes kUnseen = [](std::string_view) -> Result<> { return {}; };

// A store that takes uploads in parts, and forgets nothing of them.
struct Parts {
  std::map<int, std::string> held;
  std::string completed;
  int begun = 0, aborted = 0, fail_part = 0, fail_times = 0;

  Result<http::Response> operator()(const Seen& seen) {
    const auto has = [&](const char* text) { return seen.target.find(text) != std::string::npos; };
    if (seen.method == "POST" && has("uploads")) {
      ++begun;
      return reply(
          200, "<InitiateMultipartUploadResult><UploadId>id-1</UploadId></InitiateMultipartUploadResult>");
    }
    if (seen.method == "PUT" && has("partNumber")) {
      const size_t at = seen.target.find("partNumber=") + 11;
      const int number = std::stoi(seen.target.substr(at));
      if (number == fail_part && fail_times-- > 0)
        return reply(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
      held[number] = seen.body;
      return reply(200, "", {{"etag", "\"p" + std::to_string(number) + "\""}});
    }
    if (seen.method == "POST" && has("uploadId")) {
      completed.clear();
      for (const auto& [number, bytes] : held) completed += bytes;
      return reply(200, "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>");
    }
    if (seen.method == "DELETE") {
      ++aborted;
      return reply(204);
    }
    if (seen.method == "GET" && has("uploadId")) {
      std::string xml = "<ListPartsResult><IsTruncated>false</IsTruncated>";
      for (const auto& [number, bytes] : held)
        xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><Size>" +
               std::to_string(bytes.size()) + "</Size><ETag>\"p" + std::to_string(number) +
               "\"</ETag></Part>";
      return reply(200, xml + "</ListPartsResult>");
    }
    return reply(404, "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>");
  }
};

Content large(std::string& bytes) {
  bytes.clear();
  for (size_t i = 0; bytes.size() < 17 * kMiB; ++i) bytes += std::to_string(i) + ",";
  Content content;
  content.size = bytes.size();
  content.fingerprint = "as-it-was";
  content.read = [&bytes](uint64_t offset, uint64_t size, const TakeBytes& take) {
    return take(std::string_view(bytes).substr(offset, size));
  };
  return content;
}

}  // namespace

TEST_CASE("a large object goes in parts, which the store puts together") {
  Parts parts;
  ScriptedStore store([&](const Seen& seen) { return parts(seen); });
  std::string bytes;
  const Content content = large(bytes);
  REQUIRE(MultipartUpload(*store.client, store.folder / "journal", "k", content, kUnseen).run(false));
  CHECK(parts.held.size() == 3);
  CHECK(parts.completed == bytes);
  CHECK(parts.begun - parts.aborted == 1);
}

TEST_CASE("an upload that broke off goes on with the parts that are there") {
  Parts parts;
  parts.fail_part = 3;
  parts.fail_times = 1;
  ScriptedStore store([&](const Seen& seen) { return parts(seen); });
  std::string bytes;
  const Content content = large(bytes);
  const auto first =
      MultipartUpload(*store.client, store.folder / "journal", "k", content, kUnseen).run(false);
  REQUIRE_FALSE(first);
  CHECK(first.error().code == Exit::auth);
  const size_t sent = parts.held.size();
  store.seen.clear();
  REQUIRE(MultipartUpload(*store.client, store.folder / "journal", "k", content, kUnseen).run(false));
  CHECK(parts.completed == bytes);
  size_t put = 0;
  for (const Seen& seen : store.seen) put += seen.method == "PUT" ? 1 : 0;
  CHECK(put == 3 - sent);
  CHECK(parts.begun - parts.aborted == 1);
}
