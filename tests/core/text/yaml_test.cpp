#include "core/text/yaml.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/random.h"

using namespace mlctl;

namespace {

Result<std::vector<YamlNode>> parse(const std::string& text) {
  return parse_yaml({"t.yaml", text});
}

std::string as_json(const std::string& text) {
  const auto documents = parse(text);
  REQUIRE_MESSAGE(documents.has_value(), documents.error().message);
  REQUIRE(documents->size() == 1);
  return to_json(documents->front()).dump();
}

std::string error_of(const std::string& text) {
  const auto documents = parse(text);
  REQUIRE_FALSE(documents.has_value());
  CHECK(documents.error().code == Exit::manifest);
  return documents.error().where + ": " + documents.error().message;
}

}  // namespace

TEST_CASE("plain scalars follow YAML 1.2's core schema") {
  const std::pair<const char*, const char*> cases[] = {
      {"010", "10"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"-3", "-3"},
      {"+4", "4"},
      {"1e-3", "0.001"},
      {".5", "0.5"},
      {"2.", "2.0"},
      {"yes", "\"yes\""},
      {"on", "\"on\""},
      {"True", "true"},
      {"~", "null"},
      {"'12'", "\"12\""},
      {"1_000", "\"1_000\""},
      {"1.2.3", "\"1.2.3\""},
      {"12:30", "\"12:30\""},
      {"!!str 7", "\"7\""},
      {"e5", "\"e5\""},
      {"-", "[null]"},
      {"99999999999999999999", "\"99999999999999999999\""},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(as_json(std::string("- ") + text) == fmt::format("[{}]", expected));
  }
}

TEST_CASE("maps and lists keep the order and the places of keys and values") {
  const auto documents = parse("b: 1\na:\n  - x\n  - {é: ü, k: v}\n");
  REQUIRE(documents.has_value());
  const YamlNode& root = documents->front();
  CHECK(to_json(root).dump() == R"({"b":1,"a":["x",{"é":"ü","k":"v"}]})");
  CHECK(root.keys[1].place.line == 2);
  const YamlNode& inner = root.items[1].items[1];
  CHECK(inner.keys[1].place.line == 4);
  CHECK(inner.keys[1].place.column == 12);  // characters, not bytes
}

TEST_CASE("a missing value stands where its key does") {
  const auto documents = parse("a:\n  b:\nc: 1\n");
  REQUIRE(documents.has_value());
  CHECK(documents->front().items[0].items[0].place.line == 2);
}

TEST_CASE("a file may hold several documents, and empty ones do not count") {
  const auto documents = parse("---\na: 1\n---\n---\nb: 2\n");
  REQUIRE(documents.has_value());
  CHECK(documents->size() == 2);
  CHECK(parse("# nothing\n")->empty());
}

TEST_CASE("anchors are expanded") {
  CHECK(as_json("a: &x {k: 1}\nb: *x\n") == R"({"a":{"k":1},"b":{"k":1}})");
}

TEST_CASE("what is not acceptable YAML is refused with its place") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level)
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}]\n", level, level - 1);
  std::string many = "a: &x 1\nb: [";
  for (int each = 0; each < 51; ++each) many += "*x, ";
  const std::pair<std::string, std::string> cases[] = {
      {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: the key \"a\" was given before, in line 1"},
      {"a: [1, 2\n", "t.yaml:2:1: not YAML: end of sequence flow not found"},
      {"]\n", "t.yaml:1:1: not YAML: illegal flow end"},
      {"a:\n\tb: 1\n", "t.yaml:2:1: a tab indents this line"},
      {"a: &x [*x]\n", "t.yaml:1:8: this alias stands inside the value it names"},
      {"a: !python/object:os.system x\n", "t.yaml:1:4: the tag !python/object:os.system is not supported"},
      {"? [a, b]\n: 1\n", "t.yaml:1:3: a key must be a plain text"},
      {std::string("a: 1\nb: \x04 2\n"), "t.yaml:2:4: control character 0x04"},
      {"a: \xff\n", "t.yaml: is not UTF-8 text"},
      {std::string(101, '['), "nested deeper than 100 levels"},
      {many + "]\n", "too many aliases"},
      {bomb, "too many aliases"},
      {std::string((1 << 20) + 1, ' '), "t.yaml: 1.0 MiB is too large for a manifest (at most 1.0 MiB)"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string error = error_of(text);
    CAPTURE(error);
    CHECK(error.find(expected) != std::string::npos);
  }
}

TEST_CASE("an error shows its line with a caret, also after wide characters") {
  const auto documents = parse("a: 1\n名: !t x\n");
  REQUIRE_FALSE(documents.has_value());
  CHECK(documents.error().where == "t.yaml:2:4");
  CHECK(documents.error().detail == "    2 | 名: !t x\n      |     ^");
}

TEST_CASE("mutated texts are parsed or refused, never worse") {
  const std::string seed =
      "apiVersion: mlctl.dev/v1\n"
      "kind: Train\n"
      "spec: &s\n"
      "  a: [1, {b: \"c\\n\"}, *s]\n"
      "  d: |\n"
      "    x\n"
      "  ? k\n"
      "  : v\n";
  const std::string alphabet = " \n\t:-?[]{},#&*!|>'\"%@`~x0\\";
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed;
    for (uint64_t change = 0, changes = 1 + random.below(6); change < changes; ++change) {
      const size_t at = random.below(text.size());
      const char c = alphabet[random.below(alphabet.size())];
      if (random.below(3) == 0) {
        text.erase(at, 1 + random.below(8));
      } else if (random.below(2) == 0) {
        text.insert(at, 1 + random.below(3), c);
      } else {
        text[at] = c;
      }
      if (text.empty()) text = "x";
    }
    const auto documents = parse(text);
    if (documents) {
      for (const YamlNode& document : *documents) CHECK_FALSE(to_json(document).is_discarded());
    } else {
      CHECK_FALSE(documents.error().message.empty());
    }
  }
}
