#pragma once
// How a raw example becomes the network's input, fitted on the training split and kept in model.json. Pure
// data; the functions that apply it are in core/features/encode.h.

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/engine/network.h"

namespace mlctl {

struct ImagePreprocess {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<double> mean, stddev;  // per channel, of pixels scaled to [0, 1]
};

struct TextPreprocess {
  bool lowercase = true;
  int64_t buckets = 0;          // tokens are hashed to [1, buckets]; 0 = empty text
  int64_t ngrams = 2;           // word n-grams up to this length
  int64_t max_tokens = 0;       // 0 = all
  std::string column = "text";  // in the training data
};

// A model's input column. Numbers: (x - mean) / stddev, missing → the mean (so 0). Categories: code = 1 +
// index in `categories`, unseen or missing → 0.
struct InputColumn {
  std::string name;
  ColumnType type = ColumnType::number;
  double mean = 0, stddev = 1;
  std::vector<std::string> categories;
  CellForm form = CellForm::plain;  // as raw inputs may be written
};

struct TablePreprocess {
  std::vector<InputColumn> columns;
  double target_mean = 0, target_stddev = 1;  // regression: the network predicts (y - mean) / stddev
  bool target_is_date = false;                // answers show it as one
};

struct RatingsPreprocess {
  std::vector<std::string> users, items;                   // id = 1 + index, sorted by bytes; unseen → 0
  double mean = 0, min = 0, max = 0;                       // ratings of the training split
  std::string user_column = "user", item_column = "item";  // in the training data
};

// Exactly the member of the network's InputKind is used.
struct Preprocess {
  ImagePreprocess image;
  TextPreprocess text;
  TablePreprocess table;
  RatingsPreprocess ratings;
};

// Only the member of `kind` is written and read. The reader is used inside decode_json.
nlohmann::ordered_json to_json(const Preprocess& preprocess, InputKind kind);
Result<Preprocess> preprocess_from_json(const Fields& fields, InputKind kind);

// The network input that this preprocessing produces.
InputSpec input_of(const Preprocess& preprocess, InputKind kind);

}  // namespace mlctl
