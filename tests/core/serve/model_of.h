#pragma once
// Small models of each kind, and a predictor that answers with what it was given.

#include "core/serve/predictor.h"

namespace mlctl::test {

inline Model table_model() {
  Model model;
  model.task = Task::classification;
  model.network.input = {.kind = InputKind::table, .numeric = 2, .cardinalities = {3}};
  model.network.outputs = 2;
  model.classes = {"no", "yes"};
  model.preprocess.table.columns = {{.name = "age", .type = ColumnType::number, .categories = {}},
                                    {.name = "city", .type = ColumnType::category, .categories = {"A", "B"}},
                                    {.name = "member", .type = ColumnType::boolean, .categories = {}}};
  FeatureStats age, city;
  age.name = "age";
  age.max = 100;
  age.edges = {25, 50, 75};
  age.bins = {25, 25, 25, 25};
  city.name = "city";
  city.categorical = true;
  city.values = {{"A", 60}, {"B", 40}};
  model.statistics = {age, city};
  return model;
}

inline Model text_model() {
  Model model;
  model.network.input = {.kind = InputKind::text, .cardinalities = {}, .vocabulary = 10};
  model.network.outputs = 2;
  model.classes = {"bad", "good"};
  model.preprocess.text = {.lowercase = true, .buckets = 9, .ngrams = 1, .max_tokens = 0};
  FeatureStats length;
  length.name = "length";
  length.max = 10;
  length.edges = {2, 4};
  length.bins = {5, 5, 5};
  model.statistics = {length};
  return model;
}

inline Model ratings_model() {
  Model model;
  model.task = Task::recommendation;
  model.network.input = {.kind = InputKind::ratings, .cardinalities = {}, .users = 2, .items = 2};
  model.network.outputs = 1;
  model.preprocess.ratings = {.users = {"u"}, .items = {"i"}, .mean = 3, .min = 1, .max = 5};
  return model;
}

inline Model image_model() {
  Model model;
  model.network.input = {
      .kind = InputKind::image, .channels = 1, .height = 2, .width = 2, .cardinalities = {}};
  model.network.outputs = 2;
  model.classes = {"dark", "light"};
  model.preprocess.image = {.height = 2, .width = 2, .channels = 1, .mean = {0}, .stddev = {1}};
  return model;
}

// Gives each example the row {0, its first number}: enough to see which example an answer belongs to.
class EchoPredictor : public serve::EncodedPredictor {
 public:
  explicit EchoPredictor(int64_t outputs) : outputs_(outputs) {}
  Result<std::vector<float>> forward(const Encoded& examples) override {
    std::vector<float> rows;
    for (int64_t at = 0; at < examples.size; ++at) {
      if (outputs_ == 2) rows.push_back(0);
      rows.push_back(value(examples, static_cast<size_t>(at)));
    }
    return rows;
  }

 private:
  static float value(const Encoded& examples, size_t at) {
    const auto size = static_cast<size_t>(examples.size);
    if (!examples.features.empty()) return examples.features[at * (examples.features.size() / size)];
    if (!examples.codes.empty())
      return static_cast<float>(examples.codes[at * (examples.codes.size() / size)]);
    return static_cast<float>(examples.offsets[at + 1] - examples.offsets[at]);
  }
  int64_t outputs_;
};

}  // namespace mlctl::test
