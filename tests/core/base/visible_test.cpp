#include "core/base/visible.h"

#include <string>

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("what acts on a terminal is shown as an escape, and nothing else is touched") {
  struct Case {
    const char* what;
    std::string text, line, lines;
  };
  const Case cases[] = {
      {"plain", "a b~", "a b~", "a b~"},
      {"letters of any script", "œuvre 写真 🐇", "œuvre 写真 🐇", "œuvre 写真 🐇"},
      {"an SGR sequence", "\x1b[31mred", "\\x1b[31mred", "\\x1b[31mred"},
      {"a title", "\x1b]0;pwn\x07", "\\x1b]0;pwn\\x07", "\\x1b]0;pwn\\x07"},
      {"line ends", "a\nerror: b\r\n", "a\\nerror: b\\r\\n", "a\nerror: b\\r\n"},
      {"a tab", "a\tb", "a\\tb", "a\tb"},
      {"NUL", std::string("a\0b", 3), "a\\x00b", "a\\x00b"},
      {"DEL", "a\x7f", "a\\x7f", "a\\x7f"},
      {"a C1 control", "\u009b31m", "\\u009b31m", "\\u009b31m"},
      {"the last C1 control and the first letter behind", "\u009f\u00a1", "\\u009f¡", "\\u009f¡"},
      {"an override of direction", "\u202etxt.exe", "\\u202etxt.exe", "\\u202etxt.exe"},
      {"an isolate", "a\u2066b\u2069", "a\\u2066b\\u2069", "a\\u2066b\\u2069"},
      {"a separator of lines", "a\u2028b", "a\\u2028b", "a\\u2028b"},
      {"Latin-1", "caf\xe9", "caf\\xe9", "caf\\xe9"},
      {"a raw C1 byte",
       "\x9b"
       "31m",
       "\\x9b31m", "\\x9b31m"},
      {"half of a character", "a\xe5\x86", "a\\xe5\\x86", "a\\xe5\\x86"},
      {"an encoded surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},
      {"nothing", "", "", ""},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    CHECK(visible(each.text) == each.line);
    CHECK(visible_lines(each.text) == each.lines);
    CHECK(visible(visible(each.text)) == each.line);
  }
}

TEST_CASE("JSON keeps its meaning and loses what acts on a terminal") {
  CHECK(visible_json("{\"a\":\"\\u001b\"}") == "{\"a\":\"\\u001b\"}");
  CHECK(visible_json("[\"\x7f\u009b\u202e\u00e9\"]") == "[\"\\u007f\\u009b\\u202e\u00e9\"]");
}

TEST_CASE("a text is cut between characters") {
  CHECK(at_most("abc", 5) == "abc");
  CHECK(at_most("abc", 2) == "ab");
  CHECK(at_most("a\u00e9b", 2) == "a");
  CHECK(at_most("\u00e9", 1) == "");
}
