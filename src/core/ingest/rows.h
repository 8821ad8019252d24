#pragma once
// The rows of a block, whatever its format: one text per column of the header, "" where it is missing.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/data/reject.h"
#include "core/ingest/blocks.h"
#include "core/text/csv.h"

namespace mlctl {

// The reason given for a row with a quote that is never closed: it swallows the rest of the file, so nobody
// knows how many items are lost.
inline constexpr const char* kUnclosed = "unclosed";

struct RowProblem {
  std::string reason, detail;
};

// The keys of the JSON objects in a block, in the order of their first appearance.
std::vector<std::string> object_keys(std::string_view lines);

class RowReader {
 public:
  // Keeps pointers: all must outlive it. `header`: the columns wanted, which for CSV are the file's.
  RowReader(const TextFile& file, const std::vector<std::string>& header, const Block& block);

  bool next();  // false at the end of the block
  // Of the row that next() moved to:
  const std::vector<std::string_view>& fields() const { return fields_; }  // blanks around them removed
  std::vector<std::string_view>& fields() { return fields_; }
  const std::optional<RowProblem>& problem() const { return problem_; }  // fields are not to be used
  std::string_view raw() const { return raw_; }
  int64_t line() const;  // within the block, from 0

 private:
  bool next_csv();
  bool next_json();
  void take_object(std::string_view line);

  const TextFile* file_;
  const std::vector<std::string>* header_;
  const Block* block_;
  CsvReader csv_;
  std::unordered_map<std::string_view, size_t> places_;  // JSONL: key → column
  std::deque<std::string> values_;                       // what the fields of an object view
  std::vector<std::string_view> fields_;
  std::optional<RowProblem> problem_;
  std::string_view raw_;
  size_t at_ = 0, begin_ = 0;
};

}  // namespace mlctl
