#include "core/clean/spec.h"

#include <doctest/doctest.h>

using namespace mlctl;
using Json = nlohmann::ordered_json;

namespace {

Dataset table() {
  Dataset dataset;
  dataset.kind = DatasetKind::table;
  dataset.columns = {{"age", ColumnType::integer, Role::feature, CellForm::plain, {}},
                     {"risk", ColumnType::category, Role::label, CellForm::plain, {}}};
  return dataset;
}

}  // namespace

TEST_CASE("a manifest's rules are the flags' values") {
  const auto spec = clean_spec_from_json(
      Json::parse(R"({"dataset": "d", "output": "c", "rules": {"minSize": "100x80", "dedupe": "near",
        "missing": {"age": "median", "*": "constant:0"}, "outliers": {"method": "zscore", "threshold": 4},
        "maskPii": true, "dropConstant": true, "leakage": "report", "maxBad": 3}})"),
      "clean.yaml");
  REQUIRE(spec);
  CHECK(*spec->dataset == "d");
  CHECK(*spec->output == "c");
  const CleanRules& rules = spec->rules;
  CHECK(rules.min_width == 100);
  CHECK(rules.min_height == 80);
  CHECK(rules.dedupe == Dedupe::near);
  CHECK(rules.missing_of("age").action == MissingAction::median);
  CHECK(rules.missing_of("other").constant == "0");
  CHECK(rules.outliers == OutlierMethod::zscore);
  CHECK(rules.outlier_threshold == 4);
  CHECK(rules.mask_pii == Masking::hash);
  CHECK(rules.drop_constant);
  CHECK(rules.leakage == LeakageAction::report);
  CHECK(rules.max_bad.allowed(1000) == 3);
}

TEST_CASE("nothing asked for means exact duplicates and leakage") {
  const auto spec = clean_spec_from_json(Json::object(), "clean.yaml");
  REQUIRE(spec);
  CHECK(to_json(spec->rules) == Json{{"dedupe", "exact"}, {"leakage", "drop"}});
}

TEST_CASE("a wrong value in a manifest is a manifest error at its file") {
  const auto spec = clean_spec_from_json(Json{{"rules", {{"dedupe", "nea"}}}}, "clean.yaml");
  REQUIRE(!spec);
  CHECK(spec.error().code == Exit::manifest);
  CHECK(spec.error().where == "clean.yaml");
  CHECK(spec.error().hint == "did you mean near?");
}

TEST_CASE("flag values that make no sense are refused") {
  for (const char* text : {"", "100", "100x", "x100", "0x5", "-1x5", "5x5x5", "axb"})
    CHECK(!parse_min_size(text));
  for (const char* text : {"", "means", "constant", "mean:3", "constant:", "constant:NA"})
    CHECK(!parse_missing(text));
}

TEST_CASE("max-bad is no part of what decides the bytes") {
  CleanRules one, other;
  other.max_bad.count = 10;
  CHECK(to_json(one) == to_json(other));
}

TEST_CASE("rules that a dataset has nothing for are refused") {
  CleanRules size, typo, unfit;
  size.min_width = size.min_height = 5;
  CHECK(check_rules(size, table()).error().code == Exit::usage);
  typo.missing_by_column["ag"] = {MissingAction::mean, ""};
  CHECK(check_rules(typo, table()).error().hint == "did you mean age?");
  unfit.missing_by_column["age"] = {MissingAction::constant, "old"};
  CHECK(check_rules(unfit, table()).error().message.find("age is integer and cannot hold \"old\"") !=
        std::string::npos);
  CHECK(check_rules(CleanRules(), table()));
}
