#pragma once
// Turns what a user has (folders, archives, CSV, JSONL, IDX) into a dataset: streaming, journalled, the same
// bytes for the same inputs however often it is interrupted.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/split_rule.h"
#include "core/ingest/remote_files.h"
#include "core/ingest/remote_text.h"
#include "core/ingest/source_watch.h"
#include "core/output/whole.h"
#include "core/sys/stop.h"
#include "core/text/as_written.h"

namespace mlctl {

// How many bad items are left out before it is an error: a count or a share of all items. Rows without a
// label count against a limit of 0 unless the user set one.
struct BadLimit {
  std::optional<int64_t> count;
  double share = 0.01;
  bool given = false;
  int64_t allowed(int64_t items) const;
};
Result<BadLimit> parse_bad_limit(const std::string& text);  // "10" or "2%"

// What a user says a column is.
struct TypeWish {
  ColumnType type = ColumnType::number;
  CellForm form = CellForm::plain;
};
// One of the column types, or how its cells are written: "dd/mm/yyyy", "decimal-comma".
Result<TypeWish> parse_type(const std::string& text);

// A local file or folder, or a file of rows in a store; then the path is its URL.
struct IngestSource {
  std::filesystem::path path;
  RemoteText* remote = nullptr;
  IngestSource(std::filesystem::path where, RemoteText* afar = nullptr)
      : path(std::move(where)), remote(afar) {}
};

struct IngestRequest {
  std::vector<IngestSource> sources;  // must exist
  // What was seen of the sources so far: guess_kind() and ingest() of one request must see the same.
  std::shared_ptr<SourceWatch> watch = std::make_shared<SourceWatch>();
  RemoteFiles* remote = nullptr;  // instead of sources: pictures in a store
  std::filesystem::path to;
  DatasetKind kind = DatasetKind::image;
  // Images, text folders: dir | filename | a column of a list; else a column's name, "" = guess.
  std::string label;
  std::string text, user, item, rating;  // columns, "" = guess
  std::map<std::string, TypeWish> types;
  std::vector<std::string> classes;  // names for class indices 0, 1, … (IDX)
  SplitRule split;
  BadLimit max_bad;
  bool overwrite = false, dry_run = false;
  Upkeep upkeep{};                      // how to check an output that is at `to` already
  std::vector<Expansion> expansions{};  // of variables in these: records name them instead of their values
};

// What surrounds the work: when to stop, and who is told of progress.
struct IngestHost {
  const sys::StopFlag& stop;
  std::function<void(const std::string& stage, const std::string& unit, uint64_t done, uint64_t total)>
      progress;
  std::function<void(const std::string&)> note, warn;
};

enum class IngestState { written, up_to_date, planned, stopped };
struct IngestOutcome {
  IngestState state = IngestState::written;
  bool saved = false;  // stopped: some of the work is kept
  Dataset dataset;     // planned: as far as it is known without writing
  int64_t rejected = 0;
};

// The kind of dataset that the sources look like (ratings, text or table by the columns, image by the
// files), and the reason, for people.
struct KindGuess {
  DatasetKind kind = DatasetKind::table;
  std::string because;
};
Result<KindGuess> guess_kind(const IngestRequest& request, const sys::StopFlag& stop);

Result<IngestOutcome> ingest(const IngestRequest& request, const IngestHost& host);

}  // namespace mlctl
