#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ingest/blocks.h"
#include "core/ingest/column_names.h"
#include "core/ingest/image_stream.h"
#include "core/ingest/ingest.h"
#include "core/ingest/rows.h"
#include "core/ingest/text_folder.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPictures = "the folder holds pictures";

// A list of pictures: some cell of the first row is the path of one.
bool lists_images(const TextFile& file) {
  const auto block = text_blocks({file})->next();
  if (!block || !*block) return false;
  RowReader rows(file, file.header, **block);
  return rows.next() && !rows.problem() &&
         std::any_of(rows.fields().begin(), rows.fields().end(),
                     [](std::string_view cell) { return is_image_name(std::string(cell)); });
}

Result<KindGuess> guess_from_columns(const TextFile& file) {
  const std::vector<std::string>& header = file.header;
  const auto has = [&](const Names& names) { return find_column(header, names) >= 0; };
  if (has(kUserNames) && has(kItemNames) && has(kRatingNames)) {
    return KindGuess{DatasetKind::ratings, "it has the columns of ratings"};
  }
  if (lists_images(file)) return KindGuess{DatasetKind::image, "it lists pictures"};
  if (header.size() <= 4 && has(kTextNames) && has(kLabelNames)) {
    return KindGuess{DatasetKind::text, "it has a column of text and one of labels"};
  }
  return KindGuess{DatasetKind::table, "it is a file of rows"};
}

Result<KindGuess> guess_from_folder(const fs::path& folder, SourceWatch& watch) {
  const std::vector<sys::Entry> entries = TRY(watch.list(folder));
  if (holds_pictures(entries)) return KindGuess{DatasetKind::image, kPictures};
  bool texts = false;
  fs::path first_table;
  for (const sys::Entry& entry : entries) {
    const std::string extension = to_lower(entry.path.extension().string());
    texts = texts || is_text_name(entry.path);
    const bool table =
        extension == ".csv" || extension == ".tsv" || extension == ".jsonl" || extension == ".ndjson";
    if (table && first_table.empty()) first_table = folder / entry.path;
  }
  if (!first_table.empty())
    return guess_from_columns(TRY(open_text_file(first_table, first_table.string(), &watch)));
  if (texts) return KindGuess{DatasetKind::text, "the folder holds .txt files"};
  return fail(Exit::data, fmt::format("{} has no pictures, texts or tables", folder.string()),
              "pictures are .jpg, .png or .webp; texts .txt; tables .csv, .tsv or .jsonl");
}

}  // namespace

bool holds_pictures(const std::vector<sys::Entry>& entries) {
  size_t images = 0, texts = 0;
  for (const sys::Entry& entry : entries) {
    if (is_image_name(entry.path.string()) || is_idx_name(entry.path.string())) ++images;
    if (is_text_name(entry.path)) ++texts;
  }
  return images > 0 && images >= texts;
}

Result<KindGuess> guess_kind(const IngestRequest& request, const sys::StopFlag& stop) {
  request.watch->stop_with(stop);
  if (request.remote != nullptr) return KindGuess{DatasetKind::image, kPictures};
  const fs::path& source = request.sources[0].path;
  RemoteText* const remote = request.sources[0].remote;
  if (remote != nullptr)
    return guess_from_columns(TRY(open_text_file(source, source.string(), nullptr, remote)));
  if (sys::is_folder(source)) return guess_from_folder(source, *request.watch);
  if (is_idx_name(source.string())) return KindGuess{DatasetKind::image, "it is an IDX file"};
  if (is_archive_name(source.string())) return KindGuess{DatasetKind::image, "it is an archive"};
  if (is_image_name(source.string())) return KindGuess{DatasetKind::image, "it is a picture"};
  return guess_from_columns(TRY(open_text_file(source, source.string(), request.watch.get())));
}

}  // namespace mlctl
