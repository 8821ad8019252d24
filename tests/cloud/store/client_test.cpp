#include "cloud/store/client.h"

#include <doctest/doctest.h>

#include "fakes/scripted_transport.h"

using namespace mlctl;
using test::reply;
using test::ScriptedStore;
using test::Seen;

namespace {

StoreCall get(const std::string& key) {
  StoreCall call;
  call.request.method = "GET";
  call.request.key = key;
  return call;
}

std::string refusal(const std::string& code, const std::string& more = {}) {
  return "<Error><Code>" + code + "</Code><Message>no</Message>" + more + "</Error>";
}

}  // namespace

TEST_CASE("a request is signed for its bucket and region") {
  ScriptedStore store([](const Seen&) { return reply(200, "hello"); });
  const auto response = store.client->send(get("a b"));
  REQUIRE(response);
  CHECK(response->body == "hello");
  REQUIRE(store.seen.size() == 1);
  CHECK(store.seen[0].target == "/bucket/a%20b");
  CHECK(header(store.seen[0].headers, "host") == "store.test:9000");
  CHECK(header(store.seen[0].headers, "authorization").find("/eu-test-1/s3/aws4_request") !=
        std::string::npos);
}

TEST_CASE("what may pass is asked again, and what will not is told at once") {
  struct {
    int status;
    const char* code;
    size_t requests;  // of a store that goes on answering so
    Exit expected;
  } const cases[] = {
      {503, "SlowDown", 10, Exit::network},   {500, "InternalError", 10, Exit::network},
      {429, "Throttling", 10, Exit::network}, {403, "AccessDenied", 1, Exit::auth},
      {404, "NoSuchKey", 1, Exit::not_found}, {403, "InvalidAccessKeyId", 1, Exit::auth},
  };
  for (const auto& each : cases) {
    CAPTURE(each.code);
    ScriptedStore store([&](const Seen&) { return reply(each.status, refusal(each.code)); });
    const auto response = store.client->send(get("k"));
    REQUIRE_FALSE(response);
    CHECK(response.error().code == each.expected);
    CHECK(store.seen.size() == each.requests);
  }
}

TEST_CASE("a store that recovers is forgiven, after the pause it asks for") {
  int left = 2;
  ScriptedStore store([&](const Seen&) {
    return left-- > 0 ? reply(503, refusal("SlowDown"), {{"retry-after", "7"}}) : reply(200, "ok");
  });
  const double before = store.clock.monotonic();
  REQUIRE(store.client->send(get("k")));
  CHECK(store.seen.size() == 3);
  CHECK(store.clock.monotonic() - before == doctest::Approx(14));
}

TEST_CASE("a store that asks for a long pause is not waited for") {
  for (const char* asked : {"61", "86400", "1e308"}) {
    CAPTURE(asked);
    ScriptedStore store([&](const Seen&) {
      return reply(503, refusal("SlowDown"), {{"retry-after", asked}});
    });
    const auto response = store.client->send(get("k"));
    REQUIRE_FALSE(response);
    CHECK(store.seen.size() == 1);
    CHECK(response.error().hint.find("asks to wait") != std::string::npos);
  }
}

TEST_CASE("an unreachable store that never answered is believed sooner than one that did") {
  bool answers = false;
  ScriptedStore store([&](const Seen&) -> Result<http::Response> {
    if (answers) return reply(200);
    return fail(Exit::network, "cannot reach store.test");
  });
  REQUIRE_FALSE(store.client->send(get("k")));
  CHECK(store.seen.size() == 5);
  answers = true;
  REQUIRE(store.client->send(get("k")));
  answers = false;
  store.seen.clear();
  REQUIRE_FALSE(store.client->send(get("k")));
  CHECK(store.seen.size() == 10);
}

TEST_CASE("the bucket's region and the store's clock are learnt from a refusal") {
  int asked = 0;
  ScriptedStore store([&](const Seen& seen) -> Result<http::Response> {
    ++asked;
    if (asked == 1) return reply(301, refusal("PermanentRedirect"), {{"x-amz-bucket-region", "us-test-9"}});
    if (asked == 2)
      return reply(403, refusal("RequestTimeTooSkewed"), {{"date", "Sun, 01 Feb 2026 12:00:00 GMT"}});
    CHECK(header(seen.headers, "x-amz-date") == "20260201T120000Z");
    CHECK(header(seen.headers, "authorization").find("/us-test-9/") != std::string::npos);
    return reply(200);
  });
  REQUIRE(store.client->send(get("k")));
  CHECK(asked == 3);
}

TEST_CASE("a stream that has begun is not begun again") {
  ScriptedStore store([](const Seen&) -> Result<http::Response> { return reply(200, "bytes"); });
  std::string taken;
  http::Sink sink{{}, [&](std::string_view bytes) -> Result<> {
                    taken += bytes;
                    return fail(Exit::network, "cut off");
                  }};
  StoreCall call = get("k");
  call.sink = &sink;
  REQUIRE_FALSE(store.client->send(call));
  CHECK(taken == "bytes");
  CHECK(store.seen.size() == 1);
}

TEST_CASE("Ctrl-C ends the tries") {
  sys::StopFlag stop;
  ScriptedStore store(
      [&](const Seen&) {
        stop.raise(2);
        return reply(503, refusal("SlowDown"));
      },
      &stop);
  const auto response = store.client->send(get("k"));
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Exit::sigint);
  CHECK(store.seen.size() == 1);
}
