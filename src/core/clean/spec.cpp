#include "core/clean/spec.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/cells.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

template <class T>
struct Word {
  const char* word;
  T value;
};

constexpr std::array<Word<Dedupe>, 3> kDedupe{
    {{"none", Dedupe::none}, {"exact", Dedupe::exact}, {"near", Dedupe::near}}};
constexpr std::array<Word<MissingAction>, 6> kMissing{{{"keep", MissingAction::keep},
                                                       {"drop", MissingAction::drop},
                                                       {"mean", MissingAction::mean},
                                                       {"median", MissingAction::median},
                                                       {"mode", MissingAction::mode},
                                                       {"constant", MissingAction::constant}}};
constexpr std::array<Word<OutlierMethod>, 3> kOutliers{
    {{"none", OutlierMethod::none}, {"iqr", OutlierMethod::iqr}, {"zscore", OutlierMethod::zscore}}};
constexpr std::array<Word<Masking>, 3> kMasking{
    {{"none", Masking::none}, {"hash", Masking::hash}, {"redact", Masking::redact}}};
constexpr std::array<Word<LeakageAction>, 2> kLeakage{
    {{"drop", LeakageAction::drop}, {"report", LeakageAction::report}}};

template <class T, size_t N>
Result<T> parse_word(const std::array<Word<T>, N>& words, const std::string& text, const char* what) {
  std::vector<std::string> known;
  for (const auto& [word, value] : words) {
    if (text == word) return value;
    known.emplace_back(word);
  }
  const std::string near = did_you_mean(text, known);
  return fail(Exit::usage, fmt::format("{}: \"{}\" is none of {}", what, text, join(known, ", ")),
              near.empty() ? "" : fmt::format("did you mean {}?", near));
}

template <class T, size_t N>
const char* word_of(const std::array<Word<T>, N>& words, T value) {
  for (const auto& word : words) {
    if (word.value == value) return word.word;
  }
  return "";
}

std::string missing_text(const MissingRule& rule) {
  const std::string word = word_of(kMissing, rule.action);
  return rule.action == MissingAction::constant ? word + ":" + rule.constant : word;
}

std::string scalar(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

Result<> read_missing(const Json& value, CleanRules& rules) {
  if (!value.is_object()) {
    rules.missing = TRY(parse_missing(scalar(value)));
    return {};
  }
  for (const auto& [column, action] : value.items()) {
    const MissingRule rule = TRY(parse_missing(scalar(action)));
    (column == "*" ? rules.missing : rules.missing_by_column[column]) = rule;
  }
  return {};
}

Result<> read_outliers(const Json& value, CleanRules& rules) {
  if (!value.is_object()) {
    rules.outliers = TRY(parse_outliers(scalar(value)));
    return {};
  }
  rules.outliers = TRY(parse_outliers(value.value("method", std::string("iqr"))));
  rules.outlier_threshold = value.value("threshold", 3.0);
  return {};
}

Result<> read_masking(const Json& value, CleanRules& rules) {
  if (value.is_boolean()) {
    rules.mask_pii = value.get<bool>() ? Masking::hash : Masking::none;
    return {};
  }
  rules.mask_pii = TRY(parse_masking(scalar(value)));
  return {};
}

Result<> read_rule(const std::string& key, const Json& value, CleanRules& rules) {
  if (key == "minSize") std::tie(rules.min_width, rules.min_height) = TRY(parse_min_size(scalar(value)));
  if (key == "dedupe") rules.dedupe = TRY(parse_dedupe(scalar(value)));
  if (key == "missing") TRY(read_missing(value, rules));
  if (key == "outliers") TRY(read_outliers(value, rules));
  if (key == "maskPii") TRY(read_masking(value, rules));
  if (key == "dropConstant") rules.drop_constant = value.get<bool>();
  if (key == "leakage") rules.leakage = TRY(parse_word(kLeakage, scalar(value), "leakage"));
  if (key == "maxBad") rules.max_bad = TRY(parse_bad_limit(scalar(value)));
  return {};
}

std::optional<std::string> text_at(const Json& object, const char* key) {
  if (!object.contains(key)) return std::nullopt;
  return object.at(key).get<std::string>();
}

}  // namespace

const MissingRule& CleanRules::missing_of(const std::string& column) const {
  const auto found = missing_by_column.find(column);
  return found == missing_by_column.end() ? missing : found->second;
}

Result<CleanSpec> clean_spec_from_json(const Json& spec, const std::string& where) {
  return decode_json(where, Exit::manifest, [&]() -> Result<CleanSpec> {
    CleanSpec result;
    result.dataset = text_at(spec, "dataset");
    result.output = text_at(spec, "output");
    result.report = text_at(spec, "report");
    const Json rules = spec.value("rules", Json::object());
    for (const auto& [key, value] : rules.items()) {
      Result<> read = read_rule(key, value, result.rules);
      if (!read) {
        read.error().code = Exit::manifest;
        read.error().where = where;
        return fail(std::move(read.error()));
      }
    }
    return result;
  });
}

Result<std::pair<int64_t, int64_t>> parse_min_size(const std::string& text) {
  const std::vector<std::string> sides = split(text, 'x');
  const Result<int64_t> width = parse_int(sides.front()), height = parse_int(sides.back());
  if (sides.size() != 2 || !width || !height || *width < 1 || *height < 1) {
    return fail(Exit::usage, fmt::format("--min-size: \"{}\" is not WIDTHxHEIGHT, e.g. 100x100", text));
  }
  return std::pair(*width, *height);
}

Result<MissingRule> parse_missing(const std::string& text) {
  const size_t colon = text.find(':');
  MissingRule rule;
  rule.action = TRY(parse_word(kMissing, text.substr(0, colon), "--missing"));
  if ((rule.action == MissingAction::constant) != (colon != std::string::npos)) {
    return fail(Exit::usage,
                fmt::format("--missing: \"{}\" is not drop, mean, median, mode or constant:VALUE", text),
                "a constant comes with its value, e.g. constant:0");
  }
  if (colon != std::string::npos) rule.constant = text.substr(colon + 1);
  if (rule.action == MissingAction::constant && is_missing(rule.constant)) {
    return fail(Exit::usage,
                fmt::format("--missing: \"{}\" stands for a missing value itself", rule.constant));
  }
  return rule;
}

Result<Dedupe> parse_dedupe(const std::string& text) {
  return parse_word(kDedupe, text, "--dedupe");
}
Result<OutlierMethod> parse_outliers(const std::string& text) {
  return parse_word(kOutliers, text, "--outliers");
}
Result<Masking> parse_masking(const std::string& text) {
  return parse_word(kMasking, text, "--mask-pii");
}

Json to_json(const CleanRules& rules) {
  Json json = {{"dedupe", word_of(kDedupe, rules.dedupe)}, {"leakage", word_of(kLeakage, rules.leakage)}};
  if (rules.min_width > 0) json["minSize"] = fmt::format("{}x{}", rules.min_width, rules.min_height);
  if (rules.missing_by_column.empty()) {
    if (rules.missing.action != MissingAction::keep) json["missing"] = missing_text(rules.missing);
  } else {
    json["missing"]["*"] = missing_text(rules.missing);
    for (const auto& [column, rule] : rules.missing_by_column) json["missing"][column] = missing_text(rule);
  }
  if (rules.outliers != OutlierMethod::none) {
    json["outliers"] = {{"method", word_of(kOutliers, rules.outliers)},
                        {"threshold", rules.outlier_threshold}};
  }
  if (rules.mask_pii != Masking::none) json["maskPii"] = word_of(kMasking, rules.mask_pii);
  if (rules.drop_constant) json["dropConstant"] = true;
  return json;
}

Json to_json(const CleanSpec& spec) {
  Json json = Json::object();
  if (spec.dataset) json["dataset"] = *spec.dataset;
  if (spec.output) json["output"] = *spec.output;
  if (spec.report) json["report"] = *spec.report;
  json["rules"] = to_json(spec.rules);
  return json;
}

namespace {

Result<> check_kind(const CleanRules& rules, DatasetKind kind) {
  const bool image = kind == DatasetKind::image, text = kind == DatasetKind::text;
  const bool table = !image && !text;
  const bool fills = rules.missing.action != MissingAction::keep || !rules.missing_by_column.empty();
  const struct {
    bool asked, fits;
    const char *rule, *subject;
  } checks[] = {
      {rules.min_width > 0, image, "--min-size", "images"},
      {rules.dedupe == Dedupe::near, image || text, "--dedupe near", "images and texts"},
      {fills, table, "--missing", "tables"},
      {rules.outliers != OutlierMethod::none, table, "--outliers", "tables"},
      {rules.drop_constant, table, "--drop-constant", "tables"},
      {rules.mask_pii != Masking::none, !image, "--mask-pii", "texts and tables"},
  };
  for (const auto& check : checks) {
    if (check.asked && !check.fits) {
      return fail(Exit::usage, fmt::format("{} is for {}; this is a dataset of kind {}", check.rule,
                                           check.subject, name(kind)));
    }
  }
  return {};
}

}  // namespace

bool holds_constant(const Column& column, const MissingRule& rule) {
  const bool numeric = column.type != ColumnType::category && column.type != ColumnType::text;
  return rule.action != MissingAction::constant || !numeric ||
         cell_number(column.type, rule.constant).has_value();
}

Error unfit_constant(const Column& column, const MissingRule& rule) {
  return {Exit::usage,
          fmt::format("--missing: column {} is {} and cannot hold \"{}\"", column.name, name(column.type),
                      rule.constant),
          {},
          "in a manifest, rules.missing gives each column its own value",
          {}};
}

Result<> check_rules(const CleanRules& rules, const Dataset& dataset) {
  TRY(check_kind(rules, dataset.kind));
  std::vector<std::string> names;
  for (const Column& column : dataset.columns) {
    if (column.role == Role::feature) names.push_back(column.name);
  }
  for (const auto& [wanted, rule] : rules.missing_by_column) {
    const auto found = std::find_if(
        dataset.columns.begin(), dataset.columns.end(),
        [&](const Column& column) { return column.role == Role::feature && column.name == wanted; });
    if (found == dataset.columns.end()) {
      const std::string near = did_you_mean(wanted, names);
      return fail(Exit::usage, fmt::format("missing: the dataset has no feature column {}", wanted),
                  near.empty() ? "its columns: " + join(names, ", ") : fmt::format("did you mean {}?", near));
    }
    if (!holds_constant(*found, rule)) return fail(unfit_constant(*found, rule));
  }
  return {};
}

}  // namespace mlctl
