#include "core/model/preprocess.h"

#include "core/text/json_fields.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

Json image_json(const ImagePreprocess& image) {
  return {{"size", {image.height, image.width}},
          {"channels", image.channels},
          {"mean", image.mean},
          {"stddev", image.stddev}};
}

ImagePreprocess image_from(const Fields& image) {
  const Fields size = image.at("size");
  return {size.element<int64_t>(0), size.element<int64_t>(1), image.get<int64_t>("channels"),
          image.get<std::vector<double>>("mean"), image.get<std::vector<double>>("stddev")};
}

Json text_json(const TextPreprocess& text) {
  return {{"lowercase", text.lowercase},
          {"buckets", text.buckets},
          {"ngrams", text.ngrams},
          {"maxTokens", text.max_tokens},
          {"column", text.column}};
}

TextPreprocess text_from(const Fields& text) {
  return {text.get<bool>("lowercase"), text.get<int64_t>("buckets"), text.get<int64_t>("ngrams"),
          text.get<int64_t>("maxTokens"), text.get_or("column", std::string("text"))};
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

Result<InputColumn> column_from(const Fields& fields) {
  InputColumn column;
  column.name = fields.get<std::string>("name");
  column.categories = fields.get_or("categories", std::vector<std::string>{});
  column.mean = fields.get_or("mean", 0.0);
  column.stddev = fields.get_or("stddev", 1.0);
  const Result<ColumnType> type = column_type(fields.get<std::string>("type"));
  if (!type) return fail(fields.wrong("type", type.error()));
  column.type = *type;
  column.form = cell_form(fields.get_or("form", std::string()));
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

Result<TablePreprocess> table_from(const Fields& fields) {
  TablePreprocess table;
  table.columns = TRY(fields.each("columns", limits::kColumns, column_from));
  table.target_mean = fields.get<double>("targetMean");
  table.target_stddev = fields.get<double>("targetStddev");
  table.target_is_date = fields.get_or("targetType", std::string()) == name(ColumnType::date);
  return table;
}

Json ratings_json(const RatingsPreprocess& ratings) {
  return {
      {"users", ratings.users}, {"items", ratings.items},
      {"mean", ratings.mean},   {"min", ratings.min},
      {"max", ratings.max},     {"columns", {{"user", ratings.user_column}, {"item", ratings.item_column}}}};
}

RatingsPreprocess ratings_from(const Fields& fields) {
  RatingsPreprocess ratings;
  ratings.users = fields.get<std::vector<std::string>>("users");
  ratings.items = fields.get<std::vector<std::string>>("items");
  ratings.mean = fields.get<double>("mean");
  ratings.min = fields.get<double>("min");
  ratings.max = fields.get<double>("max");
  if (!fields.has("columns")) return ratings;
  const Fields columns = fields.at("columns");
  ratings.user_column = columns.get_or("user", ratings.user_column);
  ratings.item_column = columns.get_or("item", ratings.item_column);
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

Result<Preprocess> preprocess_from_json(const Fields& fields, InputKind kind) {
  Preprocess preprocess;
  if (kind == InputKind::image) preprocess.image = image_from(fields.at("image"));
  if (kind == InputKind::text) preprocess.text = text_from(fields.at("text"));
  if (kind == InputKind::table) preprocess.table = TRY(table_from(fields.at("table")));
  if (kind == InputKind::ratings) preprocess.ratings = ratings_from(fields.at("ratings"));
  return preprocess;
}

InputSpec input_of(const Preprocess& preprocess, InputKind kind) {
  InputSpec input;
  input.kind = kind;
  if (kind == InputKind::image) {
    input.channels = preprocess.image.channels;
    input.height = preprocess.image.height;
    input.width = preprocess.image.width;
  }
  if (kind == InputKind::text) input.vocabulary = preprocess.text.buckets + 1;
  for (const InputColumn& column : preprocess.table.columns) {
    if (column.type == ColumnType::category) {
      input.cardinalities.push_back(static_cast<int64_t>(column.categories.size()) + 1);
    } else {
      ++input.numeric;
    }
  }
  if (kind == InputKind::ratings) {
    input.users = static_cast<int64_t>(preprocess.ratings.users.size()) + 1;
    input.items = static_cast<int64_t>(preprocess.ratings.items.size()) + 1;
  }
  return input;
}

}  // namespace mlctl
