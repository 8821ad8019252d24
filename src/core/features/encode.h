#pragma once
// Raw examples to Batches. One implementation serves train, eval, predict and serve, so they cannot disagree.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/samples.h"
#include "core/engine/engine.h"
#include "core/image/image.h"
#include "core/model/package.h"

namespace mlctl {

// Encoded examples that own their memory; batch(begin, end) views a range of them.
struct Encoded {
  int64_t size = 0;
  std::vector<float> features;
  std::vector<int32_t> codes;
  std::vector<int32_t> tokens;
  std::vector<int64_t> offsets;  // text: size + 1 of them, offsets[size] = tokens.size()
  std::vector<int32_t> labels;
  std::vector<float> targets;  // in the network's scale (standardised for tables)
};

// Appends one example. Errors (7) name the field: "column age: \"abc\" is not a number".
class Encoder {
 public:
  explicit Encoder(const Model& model);  // keeps a pointer: the model must outlive it

  Result<> add_image(std::string_view encoded, Encoded& out) const;  // any size; resized
  Result<> add_pixels(const Pixels& pixels, Encoded& out) const;
  Result<> add_text(std::string_view text, Encoded& out) const;
  // Values in the order of preprocess.table.columns, "" = missing.
  Result<> add_row(const std::vector<std::string_view>& values, Encoded& out) const;
  Result<> add_rating(std::string_view user, std::string_view item, Encoded& out) const;

  // A dataset's sample with its label or target.
  Result<> add_sample(const Sample& sample, const Dataset& dataset, Encoded& out) const;
  // Its label or target alone.
  Result<> add_label(const Sample& sample, const Dataset& dataset, Encoded& out) const;

 private:
  const Model* model_;
  struct Index;
  std::shared_ptr<const Index> index_;
};

// Decoded, in the model's channels and size.
Result<Pixels> model_pixels(const ImagePreprocess& image, std::string_view encoded);

// Checks that a dataset can feed a model: kind, columns, classes (→ 7 with what differs).
Result<> check_compatible(const Model& model, const Dataset& dataset);

// What a user sees of a network's output row: probabilities for classification (softmax), the value in data
// units for regression and recommendation (un-standardised, clamped to the ratings' range).
std::vector<double> probabilities(std::span<const float> logits);
double value_of(const Model& model, float output);

}  // namespace mlctl
