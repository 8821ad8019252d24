#include "core/text/csv.h"

#include <algorithm>
#include <cstring>

#include "core/base/strings.h"

namespace mlctl {

namespace {

size_t find_byte(std::string_view text, char byte, size_t from) {
  const void* found =
      from < text.size() ? std::memchr(text.data() + from, byte, text.size() - from) : nullptr;
  return found == nullptr ? text.size() : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

// at_ is on the opening quote; leaves it on the delimiter or newline after the field.
std::string_view CsvReader::quoted_field() {
  const size_t from = at_ + 1;
  size_t close = find_byte(text_, '"', from);
  std::string* copy = nullptr;
  size_t copied = from;
  while (close + 1 < text_.size() && text_[close + 1] == '"') {  // a doubled quote stands for one
    if (copy == nullptr) {
      if (used_ == unescaped_.size()) unescaped_.emplace_back();
      copy = &unescaped_[used_++];
      copy->clear();
    }
    copy->append(text_.substr(copied, close + 1 - copied));
    copied = close + 2;
    close = find_byte(text_, '"', copied);
  }
  if (close >= text_.size()) {
    unclosed_ = true;
    quote_ = from - 1;
  }
  at_ = std::min(close + 1, text_.size());
  // What stands between the closing quote and the delimiter belongs to no field; it is dropped.
  while (at_ < text_.size() && !ends_field(text_[at_])) ++at_;
  if (copy == nullptr) return text_.substr(from, close - from);
  copy->append(text_.substr(copied, close - copied));
  return *copy;
}

// Blanks between fields, and those before the first and after the last one.
void CsvReader::skip_run() {
  if (delimiter_ != ' ') return;
  while (at_ < text_.size() && (is_delimiter(text_[at_], ' ') || text_[at_] == '\r')) ++at_;
}

bool CsvReader::next(std::vector<std::string_view>& fields) {
  skip_run();
  for (; at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'); skip_run()) ++at_;
  if (at_ >= text_.size()) return false;
  fields.clear();
  used_ = 0;
  begin_ = at_;
  for (;;) {
    if (at_ < text_.size() && text_[at_] == '"') {
      fields.push_back(quoted_field());
    } else {
      const size_t from = at_;
      while (at_ < text_.size() && !ends_field(text_[at_])) ++at_;
      size_t to = at_;
      if (to > from && text_[to - 1] == '\r' && (to == text_.size() || text_[to] == '\n')) --to;
      fields.push_back(text_.substr(from, to - from));
    }
    skip_run();
    if (at_ >= text_.size()) return true;
    if (text_[at_] == '\n') return ++at_, true;
    if (delimiter_ != ' ') ++at_;
  }
}

namespace {

struct Vote {
  char delimiter;
  size_t records, fields, numbers;  // numbers: in the last of the records
};

// Whether blanks are the delimiter. Every text has blanks, so they count only when the columns are numbers
// and nothing else delimits, except a tab among runs of blanks.
bool laid_out(std::string_view head, const Vote& blanks, const Vote& best) {
  if (blanks.records < 2 || blanks.numbers == 0) return false;
  const bool runs = head.substr(0, head.find('\n')).find("  ") != std::string_view::npos;
  return best.fields < 2 || best.records < 2 || (best.delimiter == '\t' && runs);
}

}  // namespace

char detect_delimiter(std::string_view head) {
  Vote best{',', 0, 0, 0};
  for (const char delimiter : {',', ';', '\t', '|', ' '}) {
    CsvReader reader(head, delimiter);
    std::vector<std::string_view> fields;
    Vote vote{delimiter, 0, 0, 0};
    // The last record of a head may be cut short: it does not vote unless it is alone.
    while (vote.records < 20 && reader.next(fields) && (vote.records == 0 || reader.end() < head.size())) {
      if (vote.records > 0 && fields.size() != vote.fields) break;
      vote.fields = fields.size();
      vote.numbers =
          static_cast<size_t>(std::count_if(fields.begin(), fields.end(), [](std::string_view field) {
            return parse_double(field).has_value();
          }));
      ++vote.records;
    }
    if (vote.fields < 2) continue;
    if (delimiter == ' ' && !laid_out(head, vote, best)) continue;
    if (best.fields < 2 || vote.records > best.records ||
        (vote.records == best.records && vote.fields > best.fields)) {
      best = vote;
    }
  }
  return best.delimiter;
}

size_t complete_records(std::string_view text, char delimiter) {
  if (text.find('"') == std::string_view::npos) return text.rfind('\n') + 1;  // npos + 1 = 0
  size_t complete = 0, at = 0;
  bool field_start = true;
  while (at < text.size()) {
    const char c = text[at];
    if (field_start && c == '"') {
      for (++at; at < text.size(); at += 2) {
        at = find_byte(text, '"', at);
        if (at + 1 >= text.size() || text[at + 1] != '"') break;
      }
      if (at >= text.size()) return complete;
      ++at;
      field_start = false;
      continue;
    }
    field_start = is_delimiter(c, delimiter) || c == '\n';
    ++at;
    if (c == '\n') complete = at;
  }
  return complete;
}

void append_csv_field(std::string& out, std::string_view field) {
  const bool plain = field.find_first_of(",\"\n\r") == std::string_view::npos;
  if (plain) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    append_csv_field(line, fields[i]);
  }
  // A record of one empty field must not read as a blank line.
  if (line.empty()) line = "\"\"";
  return line + '\n';
}

}  // namespace mlctl
