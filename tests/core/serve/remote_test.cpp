#include "core/serve/remote.h"

#include <doctest/doctest.h>

using namespace mlctl;
using namespace mlctl::serve;

namespace {

struct Says : Http {
  std::string body;
  explicit Says(std::string text) : body(std::move(text)) {}
  Result<HttpResponse> send(const Call&) override { return HttpResponse{200, "", body, {}}; }
};

}  // namespace

TEST_CASE("an endpoint's metadata tell what it takes, or are no endpoint's of ours") {
  const auto kind = [](const char* inputs) {
    Says http(std::string(R"({"models":[{"inputs":)") + inputs + "}]}");
    return open_remote(http, "http://h/", "").value().kind;
  };
  CHECK(kind(R"([{"name":"text","shape":[-1]}])") == InputKind::text);
  CHECK(kind(R"([{"name":"image","shape":[-1,3,8,8]}])") == InputKind::image);
  CHECK(kind(R"([{"name":"user"},{"name":"item"}])") == InputKind::ratings);
  CHECK(kind(R"([{"name":"age"}])") == InputKind::table);
  for (const char* body :
       {"", "5", "[]", "{}", R"({"models":5})", R"({"models":[5]})", R"({"models":[]})", R"({"models":[{}]})",
        R"({"models":[{"inputs":5}]})", R"({"models":[{"inputs":{}}]})", R"({"models":[{"inputs":[5]}]})",
        R"({"models":[{"inputs":[{"name":5}]}]})", R"({"models":[{"inputs":[{"name":"image"}]}]})", "\xff"}) {
    CAPTURE(body);
    Says http(body);
    const auto remote = open_remote(http, "http://h", "");
    REQUIRE(!remote);
    CHECK(remote.error().code == Exit::network);
    CHECK(remote.error().where.starts_with("http://h"));
  }
}

TEST_CASE("a line of an answer is of the two shapes that POST /predict has") {
  for (const char* line : {R"({"input":"a","label":"x","score":1})", R"({"input":1,"value":2.5})",
                           R"({"input":{},"value":"2026-01-01"})", R"({"input":[],"value":null})",
                           R"({"input":null,"label":"x","score":0.5,"probabilities":{"x":0.5}})"}) {
    CAPTURE(line);
    CHECK(read_answer(line, "http://h/predict"));
  }
  for (const char* line :
       {"5", "[]", "{}", "null", "x", R"({"label":"x","score":1})", R"({"input":1,"label":5,"score":1})",
        R"({"input":1,"label":"x"})", R"({"input":1,"label":"x","score":"1"})", R"({"input":1,"value":{}})",
        R"({"input":1,"value":[1]})", R"({"input":1,"value":true})",
        R"({"input":1,"label":"x","score":1e999})", "{\"input\":\"\xff\",\"value\":1}"}) {
    CAPTURE(line);
    const auto answer = read_answer(line, "http://h/predict");
    REQUIRE(!answer);
    CHECK(answer.error().code == Exit::network);
    CHECK(answer.error().where == "http://h/predict");
  }
}
