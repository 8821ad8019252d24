#include "cmd/shell/output.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {
const Json kDocument = {{"kind", "List"},
                        {"items", {{{"name", "a"}, {"size", 1.5}}, {{"name", "b c"}, {"tags", {"x", "y"}}}}},
                        {"empty", Json::array()},
                        {"note", "yes"}};
}

TEST_CASE("a table's columns are aligned, by what a terminal shows") {
  CHECK(render({{"NAME", "N"}, {{"兔子", "1"}, {"cat", "22"}}}, false) == "NAME   N\n兔子   1\ncat    22\n");
}

TEST_CASE("some columns are only for -o wide") {
  const Table table{{"A", "B"}, {{"1", "2"}}, 1};
  CHECK(render(table, false) == "A\n1\n");
  CHECK(render(table, true) == "A   B\n1   2\n");
}

TEST_CASE("jsonpath reaches keys, items and all of a list") {
  CHECK(*jsonpath(kDocument, "{.kind}") == "List");
  CHECK(*jsonpath(kDocument, "{.items[0].size}") == "1.5");
  CHECK(*jsonpath(kDocument, "{.items[*].name}") == "a b c");
  CHECK(*jsonpath(kDocument, "{.items[1].tags[1]}!") == "y!");
  CHECK(*jsonpath(kDocument, "{$.kind}: {.note}") == "List: yes");
}

TEST_CASE("jsonpath says what it does not find or understand") {
  CHECK(jsonpath(kDocument, "{.nothing}").error().code == Exit::not_found);
  CHECK(jsonpath(kDocument, "{.items[x]}").error().code == Exit::usage);
  CHECK(jsonpath(kDocument, "{.kind").error().code == Exit::usage);
}

TEST_CASE("YAML quotes what would be read as something else") {
  CHECK(to_yaml(kDocument) ==
        "kind: List\n"
        "items:\n"
        "  - name: a\n"
        "    size: 1.5\n"
        "  - name: b c\n"
        "    tags:\n"
        "      - x\n"
        "      - y\n"
        "empty: []\n"
        "note: \"yes\"\n");
  for (const char* text : {"", "true", "null", "~", "1.5", "007", "a: b", "- x", "#x", "x y ", "*a", "é\n"})
    CHECK_MESSAGE(to_yaml(Json(text)).starts_with('"'), text);
  for (const char* text : {"a", "a b", "a-b", "a/b.c", "兔子"})
    CHECK(to_yaml(Json(text)) == std::string(text) + "\n");
}

TEST_CASE("a measured number is never rounded to nothing") {
  CHECK(measured(0.91351) == "0.9135");
  CHECK(measured(352.3) == "352.3000");
  CHECK(measured(0) == "0.0000");
  CHECK(measured(1.98149e-05) == "1.981e-05");
  CHECK(measured(-0.00099) == "-0.00099");
}
