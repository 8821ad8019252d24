#include "core/features/preprocess.h"

#include <nlohmann/json.hpp>

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

Json image_json(const ImagePreprocess& image) {
  return {{"size", {image.height, image.width}},
          {"channels", image.channels},
          {"mean", image.mean},
          {"stddev", image.stddev}};
}

ImagePreprocess image_from(const Json& json) {
  return {json.at("size").at(0).get<int64_t>(), json.at("size").at(1).get<int64_t>(),
          json.at("channels").get<int64_t>(), json.at("mean").get<std::vector<double>>(),
          json.at("stddev").get<std::vector<double>>()};
}

Json text_json(const TextPreprocess& text) {
  return {{"lowercase", text.lowercase},
          {"buckets", text.buckets},
          {"ngrams", text.ngrams},
          {"maxTokens", text.max_tokens},
          {"column", text.column}};
}

TextPreprocess text_from(const Json& json) {
  return {json.at("lowercase").get<bool>(), json.at("buckets").get<int64_t>(),
          json.at("ngrams").get<int64_t>(), json.at("maxTokens").get<int64_t>(),
          json.value("column", "text")};
}

Json column_json(const InputColumn& column) {
  Json json = {{"name", column.name}, {"type", name(column.type)}};
  if (column.type == ColumnType::category) {
    json["categories"] = column.categories;
  } else {
    json["mean"] = column.mean;
    json["stddev"] = column.stddev;
  }
  if (column.form != CellForm::plain) json["form"] = name(column.form);
  return json;
}

InputColumn column_from(const Json& json) {
  InputColumn column;
  column.name = json.at("name").get<std::string>();
  column.categories = json.value("categories", std::vector<std::string>{});
  column.mean = json.value("mean", 0.0);
  column.stddev = json.value("stddev", 1.0);
  const auto type = column_type(json.at("type").get<std::string>());
  column.type = type ? *type : ColumnType::number;
  column.form = cell_form(json.value("form", ""));
  return column;
}

Json table_json(const TablePreprocess& table) {
  Json columns = Json::array();
  for (const InputColumn& column : table.columns) columns.push_back(column_json(column));
  Json json = {{"columns", std::move(columns)},
               {"targetMean", table.target_mean},
               {"targetStddev", table.target_stddev}};
  if (table.target_is_date) json["targetType"] = name(ColumnType::date);
  return json;
}

TablePreprocess table_from(const Json& json) {
  TablePreprocess table;
  for (const Json& column : json.at("columns")) table.columns.push_back(column_from(column));
  table.target_mean = json.at("targetMean").get<double>();
  table.target_stddev = json.at("targetStddev").get<double>();
  table.target_is_date = json.value("targetType", "") == name(ColumnType::date);
  return table;
}

Json ratings_json(const RatingsPreprocess& ratings) {
  return {
      {"users", ratings.users}, {"items", ratings.items},
      {"mean", ratings.mean},   {"min", ratings.min},
      {"max", ratings.max},     {"columns", {{"user", ratings.user_column}, {"item", ratings.item_column}}}};
}

RatingsPreprocess ratings_from(const Json& json) {
  RatingsPreprocess ratings;
  ratings.users = json.at("users").get<std::vector<std::string>>();
  ratings.items = json.at("items").get<std::vector<std::string>>();
  ratings.mean = json.at("mean").get<double>();
  ratings.min = json.at("min").get<double>();
  ratings.max = json.at("max").get<double>();
  const Json columns = json.value("columns", Json::object());
  ratings.user_column = columns.value("user", ratings.user_column);
  ratings.item_column = columns.value("item", ratings.item_column);
  return ratings;
}

}  // namespace

Json to_json(const Preprocess& preprocess, InputKind kind) {
  switch (kind) {
    case InputKind::image:
      return {{"image", image_json(preprocess.image)}};
    case InputKind::text:
      return {{"text", text_json(preprocess.text)}};
    case InputKind::table:
      return {{"table", table_json(preprocess.table)}};
    case InputKind::ratings:
      return {{"ratings", ratings_json(preprocess.ratings)}};
  }
  return {};
}

Preprocess preprocess_from_json(const Json& json, InputKind kind) {
  Preprocess preprocess;
  if (kind == InputKind::image) preprocess.image = image_from(json.at("image"));
  if (kind == InputKind::text) preprocess.text = text_from(json.at("text"));
  if (kind == InputKind::table) preprocess.table = table_from(json.at("table"));
  if (kind == InputKind::ratings) preprocess.ratings = ratings_from(json.at("ratings"));
  return preprocess;
}

}  // namespace mlctl
