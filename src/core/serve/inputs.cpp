#include "core/serve/inputs.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/ingest/text_folder.h"
#include "core/serve/predictor.h"
#include "core/serve/row_window.h"
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

Result<> cut(RowWindow& text, InputChunk chunk, const TakeChunk& take) {
  if (chunk.format == Format::json) {
    chunk.bytes = TRY(text.all(limits::kJsonBytes));
    return take(chunk);
  }
  std::string header;
  char delimiter = ',';
  if (chunk.format == Format::csv) {
    delimiter = detect_delimiter(TRY(text.head(size_t{64} << 10)));
    header = TRY(text.next(1, Format::csv, delimiter));
  }
  for (bool first = true;; first = false) {
    const std::string_view rows = TRY(text.next(kRowsPerChunk, chunk.format, delimiter));
    if (rows.empty() && !first) return {};
    chunk.bytes = header;
    chunk.bytes += rows;
    TRY(take(chunk));
    chunk.skipped_lines += static_cast<size_t>(std::count(rows.begin(), rows.end(), '\n'));
  }
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
    RowWindow text(standard_input);
    return cut(text, {.format = format_of("-", standard_input, kind), .name = "-"}, take);
  }
  if (!sys::exists(input) && kind != InputKind::image) {
    const bool row = trim(input).starts_with('{');
    if (kind == InputKind::text || row) {
      RowWindow text(input);
      return cut(text, {.format = row ? Format::json : Format::lines, .name = "argument"}, take);
    }
  }
  if (sys::is_folder(input)) return fail(Exit::data, input + " is a folder", "give files: " + input + "/*");
  RowWindow text(TRY(sys::OpenFile::open(input)));
  if (kind == InputKind::image) return take_image(TRY(text.all(limits::kPictureBytes)), input, take);
  if (kind == InputKind::text && is_text_name(input))
    return take_text(TRY(text.all(limits::kRecordBytes)), input, take);
  const Format format = format_of(input, TRY(text.head(4096)), kind);
  return cut(text, {.format = format, .name = input}, take);
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
                                                           EncodedPredictor& predictor,
                                                           const InputChunk& chunk) {
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
