#include "core/serve/inputs.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/text_folder.h"
#include "core/serve/predictor.h"
#include "core/sys/fs.h"
#include "core/text/csv.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

constexpr size_t kRowsPerChunk = 256;

using TakeChunk = std::function<Result<>(const InputChunk&)>;

Format format_of(const std::string& name, std::string_view text, InputKind kind) {
  const std::string lower = to_lower(name);
  for (const char* ending : {".csv", ".tsv"}) {
    if (lower.ends_with(ending)) return Format::csv;
  }
  for (const char* ending : {".jsonl", ".ndjson"}) {
    if (lower.ends_with(ending)) return Format::jsonl;
  }
  if (lower.ends_with(".json")) return Format::json;
  const std::string_view head = trim(text.substr(0, 4096));
  if (head.starts_with('{')) return Format::jsonl;
  if (head.starts_with('[')) return Format::json;
  return kind == InputKind::text ? Format::lines : Format::csv;
}

// Where the next `rows` rows of a text end.
size_t end_of_rows(std::string_view text, size_t rows, Format format, char delimiter) {
  size_t end = 0;
  if (format == Format::csv) {
    CsvReader reader(text, delimiter);
    std::vector<std::string_view> record;
    while (rows > 0 && reader.next(record)) {
      --rows;
      end = reader.end();
    }
    return rows == 0 ? end : text.size();
  }
  for (; rows > 0 && end < text.size(); --rows) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return end;
}

Result<> cut(std::string_view text, InputChunk chunk, const TakeChunk& take) {
  if (chunk.format == Format::json) {
    chunk.bytes = text;
    return take(chunk);
  }
  std::string_view header;
  char delimiter = ',';
  if (chunk.format == Format::csv) {
    delimiter = detect_delimiter(text.substr(0, size_t{64} << 10));
    header = text.substr(0, end_of_rows(text, 1, Format::csv, delimiter));
    text.remove_prefix(header.size());
  }
  do {
    const std::string_view rows = text.substr(0, end_of_rows(text, kRowsPerChunk, chunk.format, delimiter));
    chunk.bytes = std::string(header);
    chunk.bytes += rows;
    TRY(take(chunk));
    chunk.skipped_lines += static_cast<size_t>(std::count(rows.begin(), rows.end(), '\n'));
    text.remove_prefix(rows.size());
  } while (!text.empty());
  return {};
}

Result<> take_image(std::string_view bytes, const std::string& name, const TakeChunk& take) {
  return take({.bytes = std::string(bytes), .image = true, .whole_file = true, .name = name});
}

// A .txt is one text, as `ingest` has it.
Result<> take_text(std::string_view bytes, const std::string& name, const TakeChunk& take) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (trim(bytes).empty()) return fail(Exit::data, "the file has no text", {}, name);
  if (!is_valid_utf8(bytes)) {
    return fail(Exit::data, "the file is not UTF-8", "convert it: iconv -f LATIN1 -t UTF-8", name);
  }
  return take(
      {.bytes = dump_json(nlohmann::json(bytes)), .whole_file = true, .format = Format::json, .name = name});
}

}  // namespace

Result<> for_each_chunk(const std::string& input, InputKind kind, const std::string& standard_input,
                        const TakeChunk& take) {
  if (input == "-") {
    if (trim(standard_input).empty()) {
      return fail(Exit::usage, "nothing came on stdin",
                  "pipe in what is to be predicted: mlctl predict TARGET - < FILE");
    }
    if (kind == InputKind::image) return take_image(standard_input, "-", take);
    return cut(standard_input, {.format = format_of("-", standard_input, kind), .name = "-"}, take);
  }
  if (!sys::exists(input) && kind != InputKind::image) {
    const bool row = trim(input).starts_with('{');
    if (kind == InputKind::text || row) {
      return cut(input, {.format = row ? Format::json : Format::lines, .name = "argument"}, take);
    }
  }
  if (sys::is_folder(input)) return fail(Exit::data, input + " is a folder", "give files: " + input + "/*");
  const sys::Mapping file = TRY(sys::Mapping::open(input));
  if (kind == InputKind::image) return take_image(file.bytes(), input, take);
  if (kind == InputKind::text && is_text_name(input)) return take_text(file.bytes(), input, take);
  return cut(file.bytes(), {.format = format_of(input, file.bytes(), kind), .name = input}, take);
}

const char* content_type(const InputChunk& chunk) {
  if (chunk.image) return "application/octet-stream";
  switch (chunk.format) {
    case Format::json:
      return "application/json";
    case Format::jsonl:
      return "application/x-ndjson";
    case Format::csv:
      return "text/csv";
    case Format::lines:
      break;
  }
  return "text/plain";
}

Error in_input(Error error, const InputChunk& chunk) {
  if (!error.where.starts_with("body")) {
    if (error.where.empty() || error.where == "image") error.where = chunk.name;
    return error;
  }
  const std::string place = error.where.substr(4);
  const Result<int64_t> line = parse_int(place.starts_with(':') ? place.substr(1) : "");
  error.where = line ? fmt::format("{}:{}", chunk.name, static_cast<size_t>(*line) + chunk.skipped_lines)
                     : chunk.name + place;
  return error;
}

Result<std::vector<nlohmann::ordered_json>> answer_locally(const Model& model, const Encoder& encoder,
                                                           Predictor& predictor, const InputChunk& chunk) {
  std::vector<nlohmann::ordered_json> answers;
  std::vector<size_t> lines;
  Encoded encoded;
  const auto add = [&](Example&& example) -> Result<> {
    TRY(encode(encoder, model, example, encoded));
    answers.push_back(std::move(example.input));
    lines.push_back(example.line);
    return {};
  };
  Result<> read;
  if (chunk.image) {
    Result<Example> example = image_example(model, chunk.bytes, chunk.name);
    read = example ? add(std::move(*example)) : Result<>(fail(example.error()));
  } else {
    read = read_examples(model, chunk.bytes, chunk.format, "body", add);
  }
  if (!read) return fail(in_input(read.error(), chunk));
  if (answers.empty()) return answers;
  if (chunk.whole_file) answers.front() = chunk.name;
  const std::vector<float> outputs = TRY(predictor.forward(encoded));
  const size_t width = outputs.size() / answers.size();
  for (size_t at = 0; at < answers.size(); ++at) {
    const std::span<const float> output = std::span(outputs).subspan(at * width, width);
    if (!is_finite(model, output)) {
      return fail(in_input(not_finite(place_in_body(at, answers.size(), lines[at])), chunk));
    }
    answers[at] = prediction(model, std::move(answers[at]), output);
  }
  return answers;
}

}  // namespace mlctl::serve
