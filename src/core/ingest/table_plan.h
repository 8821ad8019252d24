#pragma once
// Which files a table is read from, and what each column is to be: decided before its rows are read.

#include <memory>
#include <string>
#include <vector>

#include "core/ingest/blocks.h"
#include "core/ingest/ingest_work.h"
#include "core/ingest/rows.h"
#include "core/ingest/table_scan.h"

namespace mlctl {

// One file of a folder of texts; `file` is the index of the TextFile that stands for its split.
struct TextItem {
  std::filesystem::path path;
  std::string name, label;
  size_t file = 0;
};

struct TablePlan {
  DatasetKind kind = DatasetKind::table;
  std::vector<TextFile> files;
  std::vector<TextItem> items;   // a folder of texts: the real files behind `files` …
  SourceWatch* watch = nullptr;  // … and the watch that they do not change
  std::vector<std::string> header;
  std::vector<ColumnWish> wishes;  // as long as header
  int label = -1, text = -1;       // columns, -1 for none
  SplitRule split;
  double sample_rate = 1;  // share of the rows that take part in the quantiles
  uint64_t bytes = 0;      // of all files, 0 where they are compressed
};

// Opens the sources and settles the columns' roles; unknown columns → 7 with a did-you-mean.
Result<TablePlan> plan_table(const IngestWork& work);

// A source of the plan's blocks: text files, or folders of .txt files.
std::unique_ptr<BlockSource> open_blocks(const TablePlan& plan);

// Why a row can't be taken, or nothing.
std::optional<RowProblem> row_problem(const TablePlan& plan, const std::vector<ColumnScan>& checks,
                                      const std::vector<std::string_view>& fields);

// Puts the ids of users and items in the form of canonical_id().
void canonical_ids(const TablePlan& plan, std::vector<std::string_view>& fields);

// The text that decides a row's split: its fields, independent of format and quoting.
void canonical_row(const std::vector<std::string_view>& fields, std::string& out);

// The columns, classes and statistics (without bins) that the scan found.
Result<Dataset> settle_schema(const TablePlan& plan, const std::vector<ColumnScan>& scans, int64_t rows,
                              const IngestHost& host);

}  // namespace mlctl
