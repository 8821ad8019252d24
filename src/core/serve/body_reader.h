#pragma once
// Reads the bodies of inference requests into examples for the model, together with what the answer needs
// to know of them. The limits are checked before memory is taken.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/budget.h"
#include "core/net/http.h"
#include "core/serve/examples.h"
#include "core/serve/protocol.h"

namespace mlctl::serve {

// Each is far above honest use; past one, 413 and a sentence that names it.
struct BodyLimits {
  int64_t examples = 65'536;  // in a request
  // Of all examples of a request: 4,194 examples for 1,000 classes.
  int64_t output_values = int64_t{4} << 20;
  size_t echoed_bytes = size_t{64} << 20;        // inputs as the answer repeats them
  int64_t picture_pixels = int64_t{64'000'000};  // a camera's largest; the model's input may be smaller
  size_t working_bytes = size_t{1} << 30;        // of all requests that are being read or wait for the model
  size_t at_once_bytes = size_t{4} << 10;        // larger bodies …
  int64_t at_once_pixels = int64_t{128} * 128;   // … and larger pictures are read off the event loop
};

// What the answer's lines repeat as their inputs: JSON texts, one after the other, in little memory.
class InputTexts {
 public:
  void add(const nlohmann::ordered_json& input, size_t line);
  size_t size() const { return ends_.size(); }
  size_t bytes() const { return text_.size(); }
  std::string_view operator[](size_t at) const;
  // As place_in_body.
  std::string place(size_t at) const;

 private:
  std::string text_;
  std::vector<size_t> ends_, lines_;
};

struct ReadBody {
  Encoded encoded;
  InputTexts inputs;                     // predict
  std::optional<InferRequest> protocol;  // the Open Inference Protocol's request, without its inputs
};

class BodyReader {
 public:
  BodyReader(const Model& model, const BodyLimits& limits)
      : model_(&model), limits_(limits), encoder_(model) {}

  // True when reading the body takes microseconds: a few rows, a tiny picture.
  // `infer`, here and below: the body is of the Open Inference Protocol; else it is of POST /predict.
  bool is_small(const HttpRequest& request, bool infer) const;
  // An upper bound of the memory that reading takes, from the body's structure or the picture's header.
  // More than one request may have → 12; a picture over the limit → 12; not a picture → 7.
  Result<size_t> cost(const HttpRequest& request, bool infer) const;
  // Faults → 7, over a limit → 12. What was read is counted in the sketch.
  Result<ReadBody> read(const HttpRequest& request, bool infer, const Sketch& sketch) const;

 private:
  bool is_picture(const HttpRequest& request, bool infer) const;
  Result<size_t> picture_cost(std::string_view bytes) const;
  Result<ReadBody> read_infer(const HttpRequest& request, const Sketch& sketch) const;
  Result<ReadBody> read_predict(const HttpRequest& request, bool picture, const Sketch& sketch) const;
  Result<> check_count(int64_t examples) const;

  const Model* model_;
  BodyLimits limits_;
  Encoder encoder_;
};

size_t bytes_of(const Encoded& encoded);

}  // namespace mlctl::serve
