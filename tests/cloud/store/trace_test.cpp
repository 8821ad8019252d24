#include "cloud/store/trace.h"

#include <doctest/doctest.h>

#include "cloud/sign/oss.h"
#include "cloud/sign/sigv4.h"

using namespace mlctl;

TEST_CASE("a request is shown with what it asks for, how it went and which try it was") {
  const StoreRequest request{"GET", "photos", "a b/c", true, {{"versionId", "v+1"}, {"uploads", ""}}, {}};
  const std::string url = shown_url("http://127.0.0.1:9000", request);
  CHECK(url == "http://127.0.0.1:9000/photos/a%20b/c?versionId=v%2B1&uploads");
  CHECK(trace_line({"GET", "http://h/k", 200, "", 0.0124, 1}) == "GET http://h/k 200 12 ms");
  CHECK(trace_line({"PUT", "http://h/k", 503, "", 1.5, 3}) == "PUT http://h/k 503 1500 ms, try 3");
  CHECK(trace_line({"PUT", "http://h/k", 0, "cannot reach h", 0, 2}) ==
        "PUT http://h/k no answer (cannot reach h) 0 ms, try 2");
}

TEST_CASE("no signature, key or token of any store's link is shown") {
  const Credentials keys{"AKIDEXAMPLE", "secret+key", "session/token+", 0, ""};
  for (const char* form : {"v4", "goog", "oss-v4", "oss-v1"}) {
    CAPTURE(form);
    const std::string kind = form;
    StoreRequest request{"GET", "photos", "k", true, {{"continuation-token", "opaque"}}, {{"host", "h"}}};
    if (kind == "goog") request.headers.emplace_back("x-goog-meta-a", "b");
    if (kind == "v4") presign_v4(request, keys, {"eu-west-1", "s3", 1769860800000}, 60);
    if (kind == "goog") presign_v4(request, keys, {"auto", "storage", 1769860800000}, 60);
    if (kind == "oss-v4") presign_oss_v4(request, keys, {"cn-hangzhou", "oss", 1769860800000}, 60);
    if (kind == "oss-v1") presign_oss_v1(request, keys, 1769860860);
    REQUIRE(request.query.size() >= 4);
    const std::string url = shown_url("https://h", request);
    for (const auto& [name, value] : request.query) {
      if (name.ends_with("ignature")) CHECK(url.find(percent_encode(value, true)) == std::string::npos);
    }
    for (const char* secret : {"AKIDEXAMPLE", "secret", "session", "opaque"})
      CHECK(url.find(secret) == std::string::npos);
  }
}
