#pragma once
// What `predict` is given on the command line, cut into requests: a picture each, or some hundred rows.

#include <functional>
#include <string>
#include <vector>

#include "core/engine/network.h"
#include "core/serve/examples.h"

namespace mlctl::serve {

// A request's worth of input. The same bytes go to a local model or, as a body, to an endpoint.
struct InputChunk {
  std::string bytes{};
  bool image = false;
  bool whole_file = false;  // it is one example, named by its file in the answer
  Format format = Format::lines;
  std::string name{};        // "rows.csv": the input's name, in messages and for pictures in the answer
  size_t skipped_lines = 0;  // of the input, before this chunk's first row
};

// `input`: a file, of which a picture or a .txt is one example; "-" for `standard_input`; for texts and rows
// also the text or the {…} row itself.
Result<> for_each_chunk(const std::string& input, InputKind kind, const std::string& standard_input,
                        const std::function<Result<>(const InputChunk&)>& take);

const char* content_type(const InputChunk& chunk);

// Translates the place in an error: from "body:3", the chunk's third line, to "rows.csv:2051".
Error in_input(Error error, const InputChunk& chunk);

// Answers a chunk with one line of JSON per example.
using AnswerChunk = std::function<Result<std::vector<nlohmann::ordered_json>>(const InputChunk&)>;

// With a model in this process.
Result<std::vector<nlohmann::ordered_json>> answer_locally(const Model& model, const Encoder& encoder,
                                                           class EncodedPredictor& predictor,
                                                           const InputChunk& chunk);

}  // namespace mlctl::serve
