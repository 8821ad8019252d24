#pragma once
// Raw examples as people and programs send them: pictures, rows, lines of text. `predict` and POST /predict
// read them here, so both understand the same things and name the same faults.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/features/encode.h"
#include "core/serve/sketch.h"

namespace mlctl::serve {

struct Example {
  nlohmann::ordered_json input;     // how the answer names it: the row, the text, or a given name
  Pixels pixels;                    // image
  std::vector<std::string> fields;  // table: by the model's columns; ratings: user, item
  std::string text;
  size_t line = 0;  // its first line in a text of lines, from 1; 0: not from such a text
};

enum class Format { json, jsonl, csv, lines };
using TakeExample = std::function<Result<>(Example&&)>;

// All examples of a text, in order; the take's error ends the reading. Faults → 7 at "WHERE:LINE".
//   json   a row {…}, [{…}, …], {"rows": […]}; for texts also "…" and {"text": "…"}
//   jsonl  one of those rows a line;  csv: with a header;  lines: one text a line
// Columns that the model does not use are ignored; one that it needs and the row lacks is a fault (null or an
// empty field is a missing value).
Result<> read_examples(const Model& model, std::string_view text, Format format, const std::string& where,
                       const TakeExample& take);
Result<Example> image_example(const Model& model, std::string_view bytes, std::string name);

Result<> encode(const Encoder& encoder, const Model& model, const Example& example, Encoded& out);
void count_features(const Sketch& sketch, const Model& model, const Example& example);

// {input, label, score, probabilities} or {input, value}.
nlohmann::ordered_json prediction(const Model& model, nlohmann::ordered_json input,
                                  std::span<const float> output);

// Whether an output row can be shown: every number in it, as people see it, is finite, and a date's year
// has four digits.
bool is_finite(const Model& model, std::span<const float> output);
// The error for an output that can't be shown: 7, at the place of its input.
Error not_finite(std::string place);
// "body:3" of a text of lines, "body[2]" of a list, "body" of one.
std::string place_in_body(size_t at, size_t count, size_t line);

// JSON of strangers: at most 100 levels deep and well-formed, else 7.
Result<nlohmann::ordered_json> parse_untrusted_json(std::string_view text, const std::string& where);

}  // namespace mlctl::serve
