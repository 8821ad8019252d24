#include "core/serve/examples.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/cells.h"
#include "core/features/tokens.h"
#include "core/ingest/column_names.h"
#include "core/text/csv.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

// A column that the model reads: by the training data's name, else by one of the usual ones, in any case.
struct Wanted {
  std::string name;
  const Names* usual = nullptr;
};

std::vector<Wanted> wanted_columns(const Model& model) {
  if (model.network.input.kind == InputKind::ratings) {
    const RatingsPreprocess& ratings = model.preprocess.ratings;
    return {{ratings.user_column, &kUserNames}, {ratings.item_column, &kItemNames}};
  }
  if (model.network.input.kind == InputKind::text) return {{model.preprocess.text.column, &kTextNames}};
  std::vector<Wanted> columns;
  for (const InputColumn& column : model.preprocess.table.columns) columns.push_back({column.name});
  return columns;
}

std::vector<std::string> names_of(const std::vector<Wanted>& columns) {
  std::vector<std::string> names;
  for (const Wanted& column : columns) names.push_back(column.name);
  return names;
}

// Names sorted by their bytes, for looking up as many as somebody may send. Sorted rather than hashed,
// because whoever writes the names could choose a hash's worst case.
class Places {
 public:
  explicit Places(const std::vector<std::string>& names) {
    for (size_t at = 0; at < names.size(); ++at) sorted_.emplace_back(names[at], at);
    std::sort(sorted_.begin(), sorted_.end());
  }
  // The first of that name.
  std::optional<size_t> find(std::string_view name) const {
    const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair(name, size_t{0}));
    return found == sorted_.end() || found->first != name ? std::nullopt : std::optional(found->second);
  }

 private:
  std::vector<std::pair<std::string_view, size_t>> sorted_;
};

tl::unexpected<Error> lacks_column(const std::string& column, const std::vector<std::string>& present,
                                   const std::vector<std::string>& wanted, const std::string& where) {
  const Places known(wanted);
  std::vector<std::string> strangers;
  std::copy_if(present.begin(), present.end(), std::back_inserter(strangers),
               [&](const std::string& name) { return !known.find(name); });
  const std::string near = did_you_mean(column, strangers);
  return fail(Exit::data, fmt::format("column {} is missing, the model needs it", column),
              near.empty()
                  ? fmt::format("the model's columns: {}; null is a missing value", join(wanted, ", "))
                  : fmt::format("is it the column \"{}\" under another name?", near),
              where);
}

// Where each wanted column is among those that are there; one that is not → 7.
Result<std::vector<size_t>> positions_of(const std::vector<Wanted>& wanted,
                                         const std::vector<std::string>& present, const std::string& where) {
  const Places places(present);
  std::vector<size_t> positions;
  for (const Wanted& column : wanted) {
    const std::optional<size_t> found = places.find(column.name);
    const int usual = !found && column.usual != nullptr ? find_column(present, *column.usual) : -1;
    if (!found && usual < 0) return lacks_column(column.name, present, names_of(wanted), where);
    positions.push_back(found.value_or(static_cast<size_t>(usual)));
  }
  return positions;
}

Result<std::string> cell_text(const std::string& column, const Json& value, const std::string& where) {
  switch (value.type()) {
    case Json::value_t::null:
      return std::string();
    case Json::value_t::string:
      return value.get<std::string>();
    case Json::value_t::array:
    case Json::value_t::object:
      return fail(Exit::data,
                  fmt::format("column {}: one value is expected, not a list or an object", column), {},
                  where);
    default:
      return dump_json(value);
  }
}

tl::unexpected<Error> wrong_kind(const Model& model, const std::string& got, const std::string& where) {
  switch (model.network.input.kind) {
    case InputKind::image:
      return fail(Exit::data, fmt::format("the model takes images, not {}", got),
                  "give a JPEG, PNG or WebP picture", where);
    case InputKind::text:
      return fail(Exit::data, fmt::format("the model takes texts, not {}", got),
                  R"(give lines of text, or {"text": "…"})", where);
    default:
      return fail(Exit::data, fmt::format("the model takes rows, not {}", got),
                  fmt::format("give CSV with a header or JSON objects with the columns {}",
                              join(names_of(wanted_columns(model)), ", ")),
                  where);
  }
}

Example example_from_fields(const Model& model, Json input, std::vector<std::string> fields) {
  Example example;
  example.input = std::move(input);
  if (model.network.input.kind == InputKind::text) {
    example.text = std::move(fields.front());
    example.input = example.text;
  } else {
    example.fields = std::move(fields);
  }
  return example;
}

Result<Example> json_example(const Model& model, const Json& row, const std::string& where) {
  const bool texts = model.network.input.kind == InputKind::text;
  if (texts && row.is_string()) return example_from_fields(model, {}, {row.get<std::string>()});
  if (!row.is_object() || model.network.input.kind == InputKind::image) {
    return wrong_kind(model, fmt::format("a JSON {}", row.type_name()), where);
  }
  const auto& members = row.get_ref<const Json::object_t&>();
  std::vector<std::string> present, fields;
  for (const auto& [name, value] : members) present.push_back(name);
  for (const size_t at : TRY(positions_of(wanted_columns(model), present, where))) {
    fields.push_back(
        TRY(cell_text(present[at], std::next(members.begin(), static_cast<ptrdiff_t>(at))->second, where)));
  }
  return example_from_fields(model, row, std::move(fields));
}

Result<> take_if(Result<Example> example, const TakeExample& take, size_t line = 0) {
  if (!example) return fail(example.error());
  example->line = line;
  return take(std::move(*example));
}

Result<> read_json(const Model& model, std::string_view text, const std::string& where,
                   const TakeExample& take) {
  const Json document = TRY(parse_untrusted_json(text, where));
  const Json* rows = &document;
  if (document.is_object() && document.contains("rows") && document["rows"].is_array()) {
    rows = &document["rows"];
  }
  if (!rows->is_array()) return take_if(json_example(model, *rows, where), take);
  size_t number = 0;
  for (const Json& row : *rows) {
    TRY(take_if(json_example(model, row, fmt::format("{}[{}]", where, number++)), take));
  }
  return {};
}

// Calls take(line, number) for each line that is not blank.
Result<> for_each_line(std::string_view text, const std::function<Result<>(std::string_view, size_t)>& take) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!trim(line).empty()) TRY(take(line, number));
  }
  return {};
}

// Of columns that have one name, the first.
std::vector<size_t> first_of_each(const std::vector<std::string>& header) {
  const Places places(header);
  std::vector<size_t> first;
  for (size_t at = 0; at < header.size(); ++at)
    if (places.find(header[at]) == at) first.push_back(at);
  return first;
}

Result<> read_csv(const Model& model, std::string_view text, const std::string& where,
                  const TakeExample& take) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (model.network.input.kind == InputKind::image) return wrong_kind(model, "rows", where);
  CsvReader reader(text, detect_delimiter(text.substr(0, size_t{64} << 10)));
  std::vector<std::string_view> record;
  if (!reader.next(record)) return fail(Exit::data, "no header and no rows", {}, where);
  const std::vector<std::string> header(record.begin(), record.end());
  const std::vector<size_t> positions = TRY(positions_of(wanted_columns(model), header, where + ":1"));
  const std::vector<size_t> named = first_of_each(header);
  size_t line = 1, counted = 0;
  while (reader.next(record)) {
    line += static_cast<size_t>(std::count(text.begin() + static_cast<ptrdiff_t>(counted),
                                           text.begin() + static_cast<ptrdiff_t>(reader.begin()), '\n'));
    counted = reader.begin();
    const std::string place = fmt::format("{}:{}", where, line);
    if (reader.unclosed_quote()) return fail(Exit::data, "a quote is opened and never closed", {}, place);
    if (record.size() != header.size()) {
      return fail(Exit::data,
                  fmt::format("the row has {}, the header {}", plural(record.size(), "field"), header.size()),
                  {}, place);
    }
    Json input = Json::object();
    for (const size_t at : named) append_member(input, header[at], record[at]);
    std::vector<std::string> fields;
    for (const size_t position : positions) fields.emplace_back(record[position]);
    Result<> taken = take_if(example_from_fields(model, std::move(input), std::move(fields)), take, line);
    if (!taken && taken.error().where.empty()) taken.error().where = place;
    if (!taken) return taken;
  }
  return {};
}

// Adds a place to errors that have none.
Result<> placed(Result<> outcome, const std::string& where) {
  if (!outcome && outcome.error().where.empty()) outcome.error().where = where;
  return outcome;
}

double rounded(double probability) {
  return std::round(probability * 1e6) / 1e6;
}

// The shortest decimal that is the same float: 4.1 rather than 4.0999999046325684.
double as_float(double value) {
  const std::string text = fmt::format("{}", static_cast<float>(value));
  return parse_double(text).value_or(value);
}

}  // namespace

Result<Json> parse_untrusted_json(std::string_view text, const std::string& where) {
  return parse_json(text, where, Exit::data, kForeignDocument);
}

Result<> read_examples(const Model& model, std::string_view text, Format format, const std::string& where,
                       const TakeExample& take) {
  switch (format) {
    case Format::json:
      return placed(read_json(model, text, where, take), where);
    case Format::csv:
      return placed(read_csv(model, text, where, take), where);
    case Format::jsonl:
      return for_each_line(text, [&](std::string_view line, size_t number) -> Result<> {
        const std::string place = fmt::format("{}:{}", where, number);
        const Json row = TRY(parse_untrusted_json(line, place));
        return placed(take_if(json_example(model, row, place), take, number), place);
      });
    case Format::lines:
      break;
  }
  if (model.network.input.kind != InputKind::text) return wrong_kind(model, "lines of text", where);
  return for_each_line(text, [&](std::string_view line, size_t number) -> Result<> {
    return placed(take_if(example_from_fields(model, {}, {std::string(line)}), take, number),
                  fmt::format("{}:{}", where, number));
  });
}

Result<Example> image_example(const Model& model, std::string_view bytes, std::string name) {
  if (model.network.input.kind != InputKind::image) return wrong_kind(model, "a picture", name);
  Result<Pixels> pixels = decode_image(bytes, static_cast<int>(model.preprocess.image.channels));
  if (!pixels) {
    pixels.error().where = name;
    return fail(pixels.error());
  }
  Example example;
  example.input = std::move(name);
  example.pixels = std::move(*pixels);
  return example;
}

Result<> encode(const Encoder& encoder, const Model& model, const Example& example, Encoded& out) {
  switch (model.network.input.kind) {
    case InputKind::image:
      return encoder.add_pixels(example.pixels, out);
    case InputKind::text:
      return encoder.add_text(example.text, out);
    case InputKind::table:
      return encoder.add_row({example.fields.begin(), example.fields.end()}, out);
    case InputKind::ratings:
      break;
  }
  return encoder.add_rating(example.fields[0], example.fields[1], out);
}

bool is_finite(const Model& model, std::span<const float> output) {
  const bool finite =
      std::all_of(output.begin(), output.end(), [](float value) { return std::isfinite(value); });
  if (!finite || model.task == Task::classification) return finite;
  // In the data's units a large output may still become infinite, or a date beyond the calendar.
  constexpr double kLastDate = 253'402'300'799;  // 9999-12-31T23:59:59
  const double value = value_of(model, output.front());
  return model.preprocess.table.target_is_date ? std::abs(value) <= kLastDate
                                               : std::isfinite(static_cast<float>(value));
}

Error not_finite(std::string place) {
  return {.code = Exit::data,
          .message = "the model's output is not a finite number",
          .where = std::move(place),
          .hint = "a value of this input is far beyond what the model was trained on"};
}

std::string place_in_body(size_t at, size_t count, size_t line) {
  if (line > 0) return fmt::format("body:{}", line);
  return count == 1 ? "body" : fmt::format("body[{}]", at);
}

Json prediction(const Model& model, Json input, std::span<const float> output) {
  Json document = {{"input", std::move(input)}};
  if (model.task != Task::classification) {
    const double value = value_of(model, output.front());
    if (model.preprocess.table.target_is_date) {
      document["value"] = date_text(std::round(value));
    } else {
      document["value"] = as_float(value);
    }
    return document;
  }
  const std::vector<double> shares = probabilities(output);
  const size_t best = static_cast<size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  document["label"] = model.classes[best];
  document["score"] = rounded(shares[best]);
  Json& all = document["probabilities"] = Json::object();
  for (size_t at = 0; at < shares.size(); ++at) append_member(all, model.classes[at], rounded(shares[at]));
  return document;
}

}  // namespace mlctl::serve
