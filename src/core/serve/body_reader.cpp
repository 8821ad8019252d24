#include "core/serve/body_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/image/image_codecs.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

Format format_of(std::string_view content_type, std::string_view body) {
  if (content_type.find("text/csv") != std::string_view::npos) return Format::csv;
  if (content_type.find("ndjson") != std::string_view::npos ||
      content_type.find("jsonl") != std::string_view::npos) {
    return Format::jsonl;
  }
  if (content_type.find("text/plain") != std::string_view::npos) return Format::lines;
  if (content_type.find("json") != std::string_view::npos) return Format::json;
  const std::string_view text = trim(body.substr(0, 4096));
  return text.starts_with('{') || text.starts_with('[') ? Format::json : Format::lines;
}

// Bytes of a cell or JSON value, as the parser holds it and then as the example does.
constexpr size_t kBytesPerValue = 56;
// Bytes of a number of a binary tensor: as double, pixel and float.
constexpr size_t kBytesPerNumber = 13;

// Counts separators: every value but the first follows one.
size_t count_values(std::string_view text) {
  std::array<bool, 256> separates{};
  for (const char c : std::string_view(",;\t|\n:[{")) separates[static_cast<unsigned char>(c)] = true;
  return 1 + static_cast<size_t>(std::count_if(
                 text.begin(), text.end(), [&](char c) { return separates[static_cast<unsigned char>(c)]; }));
}

tl::unexpected<Error> too_much(std::string what) {
  return fail(Exit::resource, std::move(what), "send it in several requests");
}

Result<size_t> header_size(const HttpRequest& request) {
  const std::string_view given = header(request.headers, "inference-header-content-length");
  if (given.empty()) return request.body.size();
  const Result<int64_t> size = parse_int(given);
  if (!size || *size < 0) return fail(Exit::data, "malformed Inference-Header-Content-Length");
  return static_cast<size_t>(*size);
}

}  // namespace

void InputTexts::add(const Json& input, size_t line) {
  text_ += dump_json(input);
  ends_.push_back(text_.size());
  lines_.push_back(line);
}

std::string_view InputTexts::operator[](size_t at) const {
  const size_t begin = at == 0 ? 0 : ends_[at - 1];
  return std::string_view(text_).substr(begin, ends_[at] - begin);
}

std::string InputTexts::place(size_t at) const {
  return place_in_body(at, size(), lines_[at]);
}

size_t bytes_of(const Encoded& encoded) {
  return encoded.features.size() * sizeof(float) + encoded.codes.size() * sizeof(int32_t) +
         encoded.tokens.size() * sizeof(int32_t) + encoded.offsets.size() * sizeof(int64_t);
}

bool BodyReader::is_picture(const HttpRequest& request, bool infer) const {
  return model_->network.input.kind == InputKind::image && !infer &&
         header(request.headers, "content-type").find("json") == std::string_view::npos;
}

bool BodyReader::is_small(const HttpRequest& request, bool infer) const {
  if (request.body.size() > limits_.at_once_bytes) return false;
  if (!is_picture(request, infer)) return true;
  const Result<Pixels> size = image_size(request.body);  // one that is none is refused as fast
  return !size || size->width * size->height <= std::min(limits_.at_once_pixels, limits_.picture_pixels);
}

Result<size_t> BodyReader::picture_cost(std::string_view bytes) const {
  Result<Pixels> size = image_size(bytes);
  if (!size) {
    size.error().where = "image";
    return fail(size.error());
  }
  if (size->width <= limits_.picture_pixels / size->height) {
    return decoding_bytes(*size);
  }
  return fail(Exit::resource,
              fmt::format("{}×{} pixels is over the limit of {} million", size->width, size->height,
                          limits_.picture_pixels / 1'000'000),
              "scale it down first", "image");
}

Result<size_t> BodyReader::cost(const HttpRequest& request, bool infer) const {
  if (is_picture(request, infer)) return picture_cost(request.body);
  const std::string_view body = request.body;
  const size_t text = std::min(body.size(), infer ? TRY(header_size(request)) : body.size());
  // For a text: every second byte may begin a word, and as many n-grams; each is a token of four bytes.
  const bool words = model_->network.input.kind == InputKind::text;
  const size_t tokens = words ? 3 * static_cast<size_t>(model_->preprocess.text.ngrams) * body.size() : 0;
  const size_t bytes = count_values(body.substr(0, text)) * kBytesPerValue + 2 * text + tokens +
                       (body.size() - text) * kBytesPerNumber;
  if (bytes <= limits_.working_bytes) return bytes;
  return too_much(fmt::format("the body has so many values that reading it would take more than {}",
                              human_bytes(limits_.working_bytes)));
}

Result<> BodyReader::check_count(int64_t examples) const {
  const int64_t outputs = std::max<int64_t>(1, model_->network.outputs);
  const int64_t most = std::max<int64_t>(1, std::min(limits_.examples, limits_.output_values / outputs));
  if (examples <= most) return {};
  return too_much(fmt::format("a request may hold at most {} examples of this model", most));
}

Result<ReadBody> BodyReader::read(const HttpRequest& request, bool infer, const Sketch& sketch) const {
  return infer ? read_infer(request, sketch) : read_predict(request, is_picture(request, infer), sketch);
}

Result<ReadBody> BodyReader::read_infer(const HttpRequest& request, const Sketch& sketch) const {
  ReadBody result;
  const size_t json_size = TRY(header_size(request));
  InferRequest protocol = TRY(parse_infer(request.body, json_size));
  for (const WireTensor& tensor : protocol.inputs) {
    if (!tensor.shape.empty()) TRY(check_count(tensor.shape.front()));
  }
  const std::vector<Example> examples = TRY(examples_of(*model_, protocol));
  protocol.inputs = {};
  for (const Example& example : examples) TRY(encode(encoder_, *model_, example, result.encoded));
  for (const Example& example : examples) count_features(sketch, *model_, example);
  result.protocol = std::move(protocol);
  return result;
}

Result<ReadBody> BodyReader::read_predict(const HttpRequest& request, bool picture,
                                          const Sketch& sketch) const {
  ReadBody result;
  std::vector<Example> examples;
  const auto add = [&](Example&& example) -> Result<> {
    TRY(check_count(result.encoded.size + 1));
    TRY(encode(encoder_, *model_, example, result.encoded));
    result.inputs.add(example.input, example.line);
    if (result.inputs.bytes() > limits_.echoed_bytes) {
      return too_much(
          fmt::format("the answer would repeat more than {} of inputs", human_bytes(limits_.echoed_bytes)));
    }
    // From here on only whether there was an input matters: the size of pictures is counted only for those.
    if (!example.input.is_null()) example.input = true;
    examples.push_back(std::move(example));
    return {};
  };
  if (picture) {
    Example example = TRY(image_example(*model_, request.body, "image"));
    TRY(add(std::move(example)));
  } else {
    const Format format = format_of(header(request.headers, "content-type"), request.body);
    TRY(read_examples(*model_, request.body, format, "body", add));
  }
  if (examples.empty()) return fail(Exit::data, "the body holds no examples");
  for (const Example& example : examples) count_features(sketch, *model_, example);
  return result;
}

}  // namespace mlctl::serve
