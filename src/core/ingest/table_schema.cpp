// Turns the scan of a table into a schema: column types, the task's classes, which columns are left out.

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ingest/labelled_files.h"
#include "core/ingest/table_plan.h"

namespace mlctl {

namespace {

constexpr int64_t kMaxIntegerClasses = 20;  // more distinct whole numbers are a quantity to predict

Result<> settle_label(Dataset& dataset, Column& label, const ColumnScan& scan, int64_t rows,
                      const TablePlan& plan) {
  label.role = Role::label;
  const bool chosen = plan.wishes[static_cast<size_t>(plan.label)].type.has_value();
  const int64_t distinct = scan.distinct();
  const bool few_integers =
      label.type == ColumnType::integer && !chosen && distinct > 0 && distinct <= kMaxIntegerClasses;
  if (label.type == ColumnType::text) {
    return fail(
        Exit::data,
        fmt::format(
            "the label column {} has {} distinct texts in {}: it looks like free text or an identifier",
            label.name, distinct < 0 ? "over 1,000" : human_count(static_cast<uint64_t>(distinct)),
            plural(static_cast<uint64_t>(rows), "row")),
        fmt::format("choose another column, or insist: --type {}=category", label.name), plan.files[0].name);
  }
  if (label.type == ColumnType::category || label.type == ColumnType::boolean || few_integers) {
    label.type = ColumnType::category;
    label.categories = dataset.classes = class_order(scan.values());
  }
  return {};
}

// A column of 0, 1, 2, … may be a feature (a year of service, a step): only one that also has such a name is
// a row number.
bool names_rows(const std::string& column) {
  static constexpr std::array<std::string_view, 8> kNames = {"",      "#",  "id",  "idx",
                                                             "index", "no", "row", "unnamed: 0"};
  return std::find(kNames.begin(), kNames.end(), to_lower(trim(column))) != kNames.end();
}

// Columns that can't help a model, with the reason for people.
std::string useless(const Column& column, const ColumnScan& scan) {
  if (column.type == ColumnType::text && scan.present() == 0) return "it is empty";
  if (column.type == ColumnType::text) return "it is free text";
  if (column.type == ColumnType::integer && scan.counts_rows() && scan.present() > 2 &&
      names_rows(column.name))
    return "it numbers the rows";
  return {};
}

}  // namespace

Result<Dataset> settle_schema(const TablePlan& plan, const std::vector<ColumnScan>& scans, int64_t rows,
                              const IngestHost& host) {
  Dataset dataset;
  dataset.kind = plan.kind;
  for (size_t i = 0; i < scans.size(); ++i) {
    const ColumnWish& wish = plan.wishes[i];
    if (plan.kind == DatasetKind::text && wish.role == Role::ignored) continue;
    Column column = scans[i].column(plan.header[i], rows);
    column.role = wish.role;
    if (static_cast<int>(i) == plan.label) TRY(settle_label(dataset, column, scans[i], rows, plan));
    const std::string why = plan.kind == DatasetKind::table && wish.role == Role::feature && !wish.type
                                ? useless(column, scans[i])
                                : "";
    if (!why.empty()) {
      column.role = Role::ignored;
      host.note(
          fmt::format("column {} is left aside: {} (--type {}=TYPE uses it)", column.name, why, column.name));
    }
    if (scans[i].ambiguous_dates() && wish.role == Role::feature && plan.kind == DatasetKind::table) {
      host.warn(
          fmt::format("column {} looks like dates, but the day or the month may come first: "
                      "say --type {}=dd/mm/yyyy or mm/dd/yyyy",
                      column.name, column.name));
    }
    if (column.role == Role::ignored) column.categories.clear();
    if (column.role == Role::ignored && column.type == ColumnType::category) column.type = ColumnType::text;
    if (static_cast<int>(i) == plan.text) {
      dataset.statistics.push_back(scans[i].measure_stats("length"));
    } else if (column.type != ColumnType::text && column.role != Role::ignored &&
               plan.kind != DatasetKind::text) {
      dataset.statistics.push_back(scans[i].stats(column));
    }
    dataset.columns.push_back(std::move(column));
  }
  if (plan.kind == DatasetKind::text && plan.text > plan.label)
    std::swap(dataset.columns[0], dataset.columns[1]);
  return dataset;
}

}  // namespace mlctl
