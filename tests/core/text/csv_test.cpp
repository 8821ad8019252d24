#include "core/text/csv.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {
using Records = std::vector<std::vector<std::string>>;

Records read_all(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  Records records;
  std::vector<std::string_view> fields;
  while (reader.next(fields)) records.emplace_back(fields.begin(), fields.end());
  return records;
}
}  // namespace

TEST_CASE("CSV records as RFC 4180 has them") {
  const struct {
    const char* what;
    std::string text;
    Records records;
  } cases[] = {
      {"plain", "a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"no final newline", "a,b\n1,2", {{"a", "b"}, {"1", "2"}}},
      {"CRLF", "a,b\r\n1,2\r\n", {{"a", "b"}, {"1", "2"}}},
      {"empty fields", ",\n,\n", {{"", ""}, {"", ""}}},
      {"trailing delimiter", "1,2,\n", {{"1", "2", ""}}},
      {"quoted delimiter", "\"a,b\",c\n", {{"a,b", "c"}}},
      {"quoted newline", "\"a\nb\",c\r\n1,2", {{"a\nb", "c"}, {"1", "2"}}},
      {"doubled quotes", "\"say \"\"hi\"\"\",\"\"\"\"\n", {{"say \"hi\"", "\""}}},
      {"quote within a field", "5\" pipe,x\n", {{"5\" pipe", "x"}}},
      {"empty quoted", "\"\",\"\"\n", {{"", ""}}},
      {"blank lines are skipped", "a\n\n\r\nb\n", {{"a"}, {"b"}}},
      {"nothing", "", {}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(read_all(c.text) == c.records);
  }
}

TEST_CASE("an unclosed quote is seen") {
  CsvReader reader("a,\"b\nc,d\n", ',');
  std::vector<std::string_view> fields;
  CHECK(reader.next(fields));
  CHECK(reader.unclosed_quote());
}

TEST_CASE("the delimiter is the one that cuts every line alike") {
  CHECK(detect_delimiter("a,b,c\n1,2,3\n") == ',');
  CHECK(detect_delimiter("a;b;c\n1,5;2,5;3,5\n") == ';');
  CHECK(detect_delimiter("a\tb\n1,2\t3\n") == '\t');
  CHECK(detect_delimiter("a|b\n1|2\n") == '|');
  CHECK(detect_delimiter("one column\nof text\n") == ',');
  CHECK(detect_delimiter("text,label\n\"a;b;c;d\",x\n") == ',');
}

TEST_CASE("complete records end after a newline outside quotes") {
  CHECK(complete_records("a,b\n1,2\n3", ',') == 8);
  CHECK(complete_records("a,\"x\ny\"\nb,\"un", ',') == 8);
  CHECK(complete_records("\"a\"\"\nb\"\n", ',') == 8);
  CHECK(complete_records("5\" pipe,\nx", ',') == 9);
  CHECK(complete_records("no newline", ',') == 0);
}

TEST_CASE("a written record reads back") {
  const std::vector<std::string> fields = {"plain", "a,b", "say \"hi\"", "two\nlines", "", " blank "};
  CHECK(read_all(csv_line(fields)) == Records{fields});
  CHECK(read_all(csv_line({""})) == Records{{""}});
}

TEST_CASE("runs of blanks and tabs delimit tables laid out in columns") {
  CHECK(read_all("18.0   8\t\"chevy  malibu\"\n \n  15.0 12 x  \r\n  ", ' ') ==
        Records{{"18.0", "8", "chevy  malibu"}, {"15.0", "12", "x"}});
  CHECK(detect_delimiter("18.0   8   307.0\n15.0  10   350.0\n9.5    4   70\n") == ' ');
  CHECK(detect_delimiter("when,x\n2020-01-01 12:00,1\n2020-01-02 12:00,2\n") == ',');
  CHECK(detect_delimiter("18.0   8\t\"a car\"\n15.0  10\t\"b car\"\n9  8\t\"c\"\n") == ' ');
  CHECK(detect_delimiter("1\tJohn Smith\n2\tJane Doe\n3\tAb Cd\n") == '\t');
  CHECK(detect_delimiter("first name,last name\n") == ',');
  CHECK(detect_delimiter("text\nyou have won\na long text here\n") == ',');
  CHECK(complete_records("1 \"a\nb\" 2\n3", ' ') == 10);
}

TEST_CASE("an unclosed quote is placed") {
  CsvReader reader("a,b\n1,\"x\ny\",\"z\n", ',');
  std::vector<std::string_view> fields;
  CHECK(reader.next(fields));
  CHECK(reader.next(fields));
  CHECK(reader.unclosed_quote());
  CHECK(reader.quote() == 12);
}
