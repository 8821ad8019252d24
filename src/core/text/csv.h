#pragma once
// RFC 4180 records: quoted fields with doubled quotes and newlines, LF or CRLF, any one-byte delimiter. The
// delimiter ' ' stands for a run of blanks and tabs, as columns of numbers are laid out.
// A quote inside an unquoted field is an ordinary character, as every spreadsheet has it.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace mlctl {

inline bool is_delimiter(char c, char delimiter) {
  return c == delimiter || (delimiter == ' ' && c == '\t');
}

class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  // The next record that is not a blank line. The fields are views, valid until the next call.
  bool next(std::vector<std::string_view>& fields);
  size_t begin() const { return begin_; }            // offset of the record that next() returned
  size_t end() const { return at_; }                 // and of what follows it
  bool unclosed_quote() const { return unclosed_; }  // the text ended within a quoted field,
  size_t quote() const { return quote_; }            // which began here

 private:
  std::string_view quoted_field();
  bool ends_field(char c) const { return c == '\n' || is_delimiter(c, delimiter_); }
  void skip_run();

  std::string_view text_;
  char delimiter_;
  size_t at_ = 0, begin_ = 0, quote_ = 0;
  bool unclosed_ = false;
  std::deque<std::string> unescaped_;  // fields with doubled quotes; a deque keeps views into them valid
  size_t used_ = 0;
};

// The delimiter among , ; tab | and runs of blanks that gives the first records the same number (over one) of
// fields.
char detect_delimiter(std::string_view head);

// The offset just after the last complete record of `text`, which begins at a record; 0 when there is none.
size_t complete_records(std::string_view text, char delimiter);

// Appends a field, quoted only where it must be.
void append_csv_field(std::string& out, std::string_view field);
std::string csv_line(const std::vector<std::string>& fields);  // with its newline

}  // namespace mlctl
