#include "core/text/json.h"

#include <doctest/doctest.h>

#include "core/text/json_fields.h"

using namespace mlctl;

using Json = nlohmann::ordered_json;

namespace {

std::string keys(size_t count) {
  std::string text = "{";
  for (size_t i = 0; i < count; ++i)
    text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  return text + "}";
}

std::string nested(size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("JSON reads as the library reads it") {
  for (const char* text :
       {"null", "true", "\"ü\"", "-3", "18446744073709551615", "1.5", "[]", "{}", "[[],{},[[1]],\"\"]",
        R"({"b":1,"a":{"z":[1,2,{"y":null}],"":false},"c":[{"d":"e"}]})", " [ 1 , 2 ] "}) {
    CAPTURE(text);
    const auto read = parse_json(text, "f");
    REQUIRE(read);
    CHECK(*read == Json::parse(text));
    CHECK(dump_json(*read) == Json::parse(text).dump());
  }
}

TEST_CASE("JSON that is broken names the place; each caller has its code") {
  for (const char* text : {"", "[", "{\"a\":}", "[1] x", "{\"\xff\":1}", "nul", "{1:2}", "\"\\ud800\""}) {
    CAPTURE(text);
    const auto read = parse_json(text, "f", Exit::data);
    REQUIRE(!read);
    CHECK(read.error().code == Exit::data);
    CHECK(read.error().where == "f");
    CHECK(read.error().message.starts_with("not valid JSON at line 1, column "));
    CHECK(json_or_discarded(text).is_discarded());
  }
  CHECK(parse_json("[1e999]", "f").error().message.starts_with("a number is too large"));
  CHECK(parse_json("[", "f").error().code == Exit::integrity);
}

TEST_CASE("JSON within the limits is read, beyond them it is refused with the limit") {
  JsonRules few;
  few.values = 10;
  few.bytes = 100;
  const struct {
    std::string text;
    JsonRules rules;
    const char* message;  // "" is read
  } cases[] = {{nested(100), kOurDocument, ""},
               {nested(101), kOurDocument, "deeper than 100 levels"},
               {nested(3'000'000), kForeignRow, "deeper than 100 levels"},
               {std::string(3'000'000, '['), kForeignDocument, "deeper than 100 levels"},
               {"{\"a\":" + nested(100) + "}", kOurDocument, "deeper than 100 levels"},
               {"[1,2,3,4,5,6,7,8,9]", few, ""},
               {"[1,2,3,4,5,6,7,8,9,10]", few, "more than 10 values"},
               {"[[],[],[],[],[],[],[],[],[],[]]", few, "more than 10 values"},
               {keys(10), few, "more than 10 values"},
               {std::string(101, ' '), few, "100 at most"}};
  for (const auto& each : cases) {
    CAPTURE(each.text.substr(0, 40));
    const auto read = parse_json(each.text, "f", Exit::data, each.rules);
    CHECK(read.has_value() == (*each.message == 0));
    if (!read)
      CHECK_MESSAGE(read.error().message.find(each.message) != std::string::npos, read.error().message);
    CHECK(json_or_discarded(each.text, each.rules).is_discarded() == !read);
  }
}

TEST_CASE("JSON of very many keys is read in their order") {
  // Looking through all keys for each, this is ten thousand million comparisons.
  const auto read = parse_json(keys(150'000), "f");
  REQUIRE(read);
  CHECK(read->size() == 150'000);
  CHECK(read->get_ref<const Json::object_t&>().back().first == "149999");
}

TEST_CASE("a key that stands twice: the last counts in others' documents, ours are refused") {
  for (const size_t more : {size_t{0}, size_t{40}}) {
    std::string text = R"({"a":1,"b":2,"a":[3],"c":4,"a":{"d":5})";
    Json wanted = {{"a", {{"d", 5}}}, {"b", 2}, {"c", 4}};
    for (size_t i = 0; i < more; ++i) {
      text += ",\"k" + std::to_string(i) + "\":0";
      wanted["k" + std::to_string(i)] = 0;
    }
    text += "}";
    CAPTURE(text);
    CHECK(parse_json(text, "f", Exit::data, kForeignDocument).value() == wanted);
    CHECK(parse_json("[" + text + "]", "f", Exit::data, kForeignRow).value()[0] == wanted);
    CHECK(parse_json(text, "f").error().message == "the key \"a\" stands twice");
    CHECK(parse_json("{\"x\":" + text + "}", "f").error().message == "the key \"a\" stands twice");
  }
}

TEST_CASE("any bytes can be written as JSON") {
  CHECK(dump_json(Json{{"a\xff", "b\xe9"}}) == "{\"a\xEF\xBF\xBD\":\"b\xEF\xBF\xBD\"}");
  CHECK(dump_json(nlohmann::json("\x80")) == "\"\xEF\xBF\xBD\"");
  Json object = Json::object();
  append_member(object, "x", 1);
  append_member(object, "y", {2});
  CHECK(dump_json(object) == R"({"x":1,"y":[2]})");
}

TEST_CASE("a field of the wrong type is named by its whole path") {
  const Json document = Json::parse(
      R"({"n":1.5,"big":18446744073709551615,"neg":-1,"s":"x","list":[{"k":1},{"k":"v"}],"o":{"p":{"q":[1,"2"]}}})");
  const auto trouble = [&](auto&& read) {
    const Result<> outcome = decode_json("f", Exit::integrity, [&]() -> Result<> {
      const Fields fields(document);
      read(fields);
      return {};
    });
    return outcome ? std::string() : outcome.error().message;
  };
  CHECK(trouble([](const Fields& f) { f.get<int64_t>("n"); }) ==
        "n: a whole number of 64 bits is expected, this is number");
  CHECK(trouble([](const Fields& f) { f.get<int64_t>("big"); }).starts_with("big: a whole number"));
  CHECK(trouble([](const Fields& f) { f.get<uint64_t>("big"); }).empty());
  CHECK(trouble([](const Fields& f) { f.get<uint64_t>("neg"); }).starts_with("neg: a size"));
  CHECK(trouble([](const Fields& f) { f.get<std::string>("absent"); }) == "the key \"absent\" is missing");
  CHECK(trouble([](const Fields& f) { f.get_or("absent", std::string()); }).empty());
  CHECK(trouble([](const Fields& f) { f.get_or("s", int64_t{1}); }).starts_with("s: a whole number"));
  CHECK(trouble([](const Fields& f) { f.get<bool>("s"); }).starts_with("s: true or false"));
  CHECK(trouble([](const Fields& f) {
          const Fields o = f.at("o");
          o.at("p").get<std::vector<int64_t>>("q");
        }).starts_with("o.p.q: a list, each of it a whole number"));
  const auto k_of = [](const Fields& f) -> Result<int64_t> { return f.get<int64_t>("k"); };
  CHECK(trouble([&](const Fields& f) { (void)f.each("list", 9, k_of); }).starts_with("list[1].k: a whole"));
  CHECK(trouble([&](const Fields& f) { (void)f.each("list", 1, k_of); }) ==
        "list: 2 of them, 1 at most are read");
  CHECK(trouble([&](const Fields& f) { (void)f.each("s", 1, k_of); }).starts_with("s: a list is expected"));
}
