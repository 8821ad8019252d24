#pragma once
// Encoded examples in, output rows out: the model behind the server, or a stand-in of the tests.

#include <memory>
#include <span>
#include <vector>

#include "core/features/encode.h"

namespace mlctl::serve {

class EncodedPredictor {
 public:
  virtual ~EncodedPredictor() = default;
  // [N, outputs], row-major. Called from one thread at a time.
  virtual Result<std::vector<float>> forward(const Encoded& examples) = 0;
};

// Loads the model's weights into an engine session for inference.
Result<std::unique_ptr<EncodedPredictor>> open_predictor(Engine& engine, const Package& package);

void append(Encoded& to, const Encoded& from);
// Examples [begin, end), without labels and targets.
Encoded part_of(const Encoded& examples, int64_t begin, int64_t end);

}  // namespace mlctl::serve
