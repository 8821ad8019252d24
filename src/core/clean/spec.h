#pragma once
// What `clean` is asked to do: the flags of the command, or the manifest of kind Clean.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/ingest/ingest.h"

namespace mlctl {

enum class Dedupe { none, exact, near };
enum class MissingAction { keep, drop, mean, median, mode, constant };
enum class OutlierMethod { none, iqr, zscore };
enum class Masking { none, hash, redact };
enum class LeakageAction { drop, report };

struct MissingRule {
  MissingAction action = MissingAction::keep;
  std::string constant;  // of MissingAction::constant
};

struct CleanRules {
  int64_t min_width = 0, min_height = 0;
  Dedupe dedupe = Dedupe::exact;
  MissingRule missing;                                   // of every feature column …
  std::map<std::string, MissingRule> missing_by_column;  // … but these
  OutlierMethod outliers = OutlierMethod::none;
  double outlier_threshold = 3;  // interquartile ranges beyond the quartiles, or standard deviations
  Masking mask_pii = Masking::none;
  bool drop_constant = false;  // constant columns are reported in any case
  LeakageAction leakage = LeakageAction::drop;
  BadLimit max_bad;  // of corrupt items

  const MissingRule& missing_of(const std::string& column) const;
};

// The manifest's `spec`: {dataset, output, report, rules}, with the rules
//   minSize       100x100
//   dedupe        near
//   missing       median | constant:VALUE | {COLUMN: mode, "*": drop}
//   outliers      iqr | {method: iqr, threshold: 3}
//   maskPii       hash
//   dropConstant  true
//   leakage       drop
//   maxBad        1%
struct CleanSpec {
  std::optional<std::string> dataset, output, report;
  CleanRules rules;
};

Result<CleanSpec> clean_spec_from_json(const nlohmann::ordered_json& spec, const std::string& where);

// Each value as the flags spell it (exit 2 names what is allowed).
Result<std::pair<int64_t, int64_t>> parse_min_size(const std::string& text);  // "100x80" → {100, 80}
Result<MissingRule> parse_missing(const std::string& text);                   // "median", "constant:0"
Result<Dedupe> parse_dedupe(const std::string& text);
Result<OutlierMethod> parse_outliers(const std::string& text);
Result<Masking> parse_masking(const std::string& text);

// What decides the output's bytes, canonically: for the lineage and the fingerprint. Without max_bad, which
// only decides whether there is an output.
nlohmann::ordered_json to_json(const CleanRules& rules);
nlohmann::ordered_json to_json(const CleanSpec& spec);  // every rule in its one spelling

// Checks that the rules make sense for this dataset: they apply to its kind, and the columns they name
// exist and can hold their constants; else 2.
Result<> check_rules(const CleanRules& rules, const Dataset& dataset);

// A constant for every column need not fit them all: it is an error only where a value is missing.
bool holds_constant(const Column& column, const MissingRule& rule);
Error unfit_constant(const Column& column, const MissingRule& rule);

}  // namespace mlctl
