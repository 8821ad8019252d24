// Finds out the form of a CSV, TSV or JSONL file from its name and its first megabyte.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/ingest/blocks.h"
#include "core/ingest/rows.h"
#include "core/text/csv.h"

namespace mlctl {

namespace {

constexpr size_t kHead = size_t{1} << 20;

Result<std::string> read_head(const std::filesystem::path& path, SourceWatch* watch, RemoteText* remote) {
  if (remote == nullptr && sys::is_folder(path))
    return fail(Exit::data, fmt::format("{} is a folder, not a file", path.string()));
  TextReader reader;
  TRY(reader.open(path, 0, watch, remote));
  std::string head(kHead, '\0');
  size_t filled = 0;
  while (filled < head.size()) {
    const size_t got = TRY(reader.read(head.data() + filled, head.size() - filled));
    if (got == 0) break;
    filled += got;
  }
  head.resize(filled);
  return head;
}

// The extension in lower case, ".gz" set aside.
std::string format_extension(std::filesystem::path path) {
  if (to_lower(path.extension().string()) == ".gz") path = path.stem();
  return to_lower(path.extension().string());
}

Result<> refuse_binary(const std::string& head, const std::string& name, const std::string& extension) {
  static const std::set<std::string> kColumnar = {".parquet", ".arrow", ".feather", ".orc"};
  if (kColumnar.contains(extension) || head.starts_with("PAR1")) {
    return fail(
        Exit::data, fmt::format("{} is a columnar file, which mlctl does not read", name),
        fmt::format("convert it: python3 -c \"import pandas; pandas.read_parquet('{}').to_csv('data.csv', "
                    "index=False)\"",
                    name));
  }
  if (extension == ".xlsx" || extension == ".xls" || extension == ".ods" || head.starts_with("PK\3\4")) {
    return fail(Exit::data, fmt::format("{} is not a text file", name), "save the sheet as CSV in UTF-8");
  }
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) {
    return fail(Exit::data, fmt::format("{} is UTF-16, not UTF-8", name),
                fmt::format("convert it: iconv -f UTF-16 -t UTF-8 {} > utf8.csv", name));
  }
  if (head.find('\0') != std::string::npos) {
    return fail(Exit::data, fmt::format("{} is not a text file: it has zero bytes", name),
                "CSV, TSV and JSONL in UTF-8 are read, gzip or not");
  }
  return {};
}

bool is_whole_number(std::string_view text) {
  return parse_int(trim(text)).has_value();
}

// scikit-learn's own data files begin with "rows,features,class,class…".
bool is_sklearn_header(const std::vector<std::string>& first, size_t next_fields) {
  if (first.size() < 2 || !is_whole_number(first[0]) || !is_whole_number(first[1])) return false;
  if (static_cast<size_t>(*parse_int(trim(first[1]))) + 1 != next_fields || next_fields < 2) return false;
  return std::none_of(first.begin() + 2, first.end(),
                      [](const std::string& f) { return is_whole_number(f); });
}

// A first record of data: a decimal number, nothing but numbers, or the same number twice is no header.
bool is_data(const std::vector<std::string>& first) {
  size_t numbers = 0;
  std::set<double> distinct;
  for (const std::string& field : first) {
    const Result<double> number = parse_double(trim(field));
    if (!number) continue;
    if (!is_whole_number(field) || *number < 0) return true;
    ++numbers;
    distinct.insert(*number);
  }
  return numbers > 0 && (numbers == first.size() || distinct.size() < numbers);
}

std::vector<std::string> numbered(size_t count, const char* stem) {
  std::vector<std::string> names;
  for (size_t i = 1; i <= count; ++i) names.push_back(fmt::format("{}{}", stem, i));
  return names;
}

Result<> check_columns(size_t count, const std::string& where) {
  if (count <= limits::kColumns) return {};
  return fail(Exit::data, fmt::format("{} columns, {} at most are read", count, limits::kColumns), {}, where);
}

Result<> check_names(const TextFile& file) {
  std::set<std::string> seen;
  TRY(check_columns(file.header.size(), file.name + ":1"));
  for (const std::string& column : file.header) {
    if (!is_valid_utf8(column)) {
      return fail(Exit::data, fmt::format("the column \"{}\" is not named in UTF-8", column),
                  fmt::format("convert it: iconv -f LATIN1 -t UTF-8 {} > utf8.csv", file.name),
                  file.name + ":1");
    }
    if (!seen.insert(column).second) {
      return fail(Exit::data, fmt::format("two columns are called \"{}\"", column), "rename one of them",
                  file.name + ":1");
    }
  }
  return {};
}

Result<> read_csv_header(TextFile& file, std::string_view text) {
  file.delimiter = format_extension(file.path) == ".tsv" ? '\t' : detect_delimiter(text);
  CsvReader reader(text, file.delimiter);
  std::vector<std::string_view> fields;
  if (!reader.next(fields))
    return fail(Exit::data, fmt::format("{} is empty", file.name), "it has no header");
  const std::vector<std::string> first(fields.begin(), fields.end());
  const size_t end = reader.end();
  const size_t next_fields = reader.next(fields) ? fields.size() : 0;
  if (is_sklearn_header(first, next_fields)) {
    file.header = numbered(next_fields - 1, "x");
    file.header.emplace_back("target");
    file.label_names.assign(first.begin() + 2, first.end());
    if (std::all_of(file.label_names.begin(), file.label_names.end(),
                    [](const auto& n) { return n.empty(); })) {
      file.label_names.clear();
    }
  } else if (is_data(first)) {
    file.headerless = true;
    file.header = numbered(first.size(), "column_");
    return {};
  } else {
    for (size_t i = 0; i < first.size(); ++i) {
      const std::string_view column = trim(first[i]);
      file.header.push_back(column.empty() ? fmt::format("column_{}", i + 1) : std::string(column));
    }
  }
  file.data_begin += end;
  file.data_line += std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(end), '\n');
  return check_names(file);
}

Result<> read_json_keys(TextFile& file, std::string_view text) {
  if (trim(text).starts_with('[')) {
    return fail(Exit::data, fmt::format("{} is one JSON array, not an object a line", file.name),
                fmt::format("convert it: jq -c '.[]' {} > data.jsonl", file.name));
  }
  const size_t whole = text.rfind('\n');  // the last line of a head may be cut
  file.header = object_keys(text.substr(0, whole));
  return check_columns(file.header.size(), file.name);
}

}  // namespace

Result<TextFile> open_text_file(const std::filesystem::path& path, const std::string& name,
                                SourceWatch* watch, RemoteText* remote) {
  TextFile file;
  file.path = path;
  file.remote = remote;
  file.watch = watch;
  file.name = name;
  const std::string head = TRY(read_head(path, watch, remote));
  const std::string extension = format_extension(path);
  TRY(refuse_binary(head, name, extension));
  std::string_view text = head;
  if (text.starts_with("\xef\xbb\xbf")) {  // a UTF-8 byte order mark
    text.remove_prefix(3);
    file.data_begin = 3;
  }
  if (trim(text).empty())
    return fail(Exit::data, fmt::format("{} is empty", name), "there is nothing to ingest");
  const bool json =
      extension == ".jsonl" || extension == ".ndjson" || extension == ".json" || trim(text).starts_with('{');
  file.format = json ? TextFormat::jsonl : TextFormat::csv;
  TRY(json ? read_json_keys(file, text) : read_csv_header(file, text));
  return file;
}

}  // namespace mlctl
