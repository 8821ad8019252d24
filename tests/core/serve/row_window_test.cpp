#include "core/serve/row_window.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "core/base/limits.h"
#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
using serve::Format;
using serve::RowWindow;

namespace {

// All rows of a window, so many at a time; each piece ends in a row's end, but for the last.
std::string all_rows(RowWindow window, size_t rows, Format format) {
  std::string text;
  for (;;) {
    const auto piece = window.next(rows, format, ',');
    REQUIRE(piece.has_value());
    if (piece->empty()) return text;
    text += *piece;
    text += '|';
  }
}

}  // namespace

TEST_CASE("rows come so many at a time, whole, whether they stand in memory or in a file") {
  const test::TempFolder folder;
  struct {
    Format format;
    const char *text, *expected;
  } const cases[] = {
      {Format::csv, "a\nb\nc\n", "a\nb\n|c\n|"},
      {Format::csv, "\"1\n2\",x\nb\nc", "\"1\n2\",x\nb\n|c|"},
      {Format::csv, "a\r\nb\r\n", "a\r\nb\r\n|"},
      {Format::csv, "a\n\n\nb\n\n", "a\n\n\nb\n|\n|"},
      {Format::jsonl, "{}\n{}\n[1]", "{}\n{}\n|[1]|"},
      {Format::lines, "\n\nx\n", "\n\n|x\n|"},
      {Format::lines, "", ""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    REQUIRE(sys::write_file(folder / "rows", each.text));
    CHECK(all_rows(RowWindow(std::string_view(each.text)), 2, each.format) == each.expected);
    CHECK(all_rows(RowWindow(sys::OpenFile::open(folder / "rows").value()), 2, each.format) == each.expected);
  }
}

TEST_CASE("a file of many windows gives the same rows as its text") {
  const test::TempFolder folder;
  std::string text;
  for (int row = 0; row < 40'000; ++row)
    text += std::to_string(row) + ",\"" + std::string(static_cast<size_t>(row % 300), 'x') + "\n\"\"\"\n";
  REQUIRE(sys::write_file(folder / "rows.csv", text));
  CHECK(all_rows(RowWindow(sys::OpenFile::open(folder / "rows.csv").value()), 256, Format::csv) ==
        all_rows(RowWindow(std::string_view(text)), 256, Format::csv));
}

TEST_CASE("a file that is cut while its rows are read ends early, without a signal") {
  const test::TempFolder folder;
  const std::string text(size_t{8} << 20, '\n');
  REQUIRE(sys::write_file(folder / "rows", text));
  RowWindow window(sys::OpenFile::open(folder / "rows").value());
  REQUIRE(window.head(10).has_value());
  std::filesystem::resize_file(folder / "rows", 100);
  size_t rows = 0;
  for (auto piece = window.next(1000, Format::lines, ','); piece && !piece->empty();
       piece = window.next(1000, Format::lines, ','))
    rows += piece->size();
  CHECK(rows < text.size());
}

TEST_CASE("a row without an end, and more than may be read whole, are refused with the file's name") {
  const test::TempFolder folder;
  const std::string path = folder / "rows.csv";
  REQUIRE(sys::write_file(path, "\"" + std::string(limits::kRecordBytes + 1, 'x')));
  const auto row = RowWindow(sys::OpenFile::open(path).value()).next(1, Format::csv, ',');
  REQUIRE_FALSE(row.has_value());
  CHECK(row.error().code == Exit::data);
  CHECK(row.error().where == path);
  const auto all = RowWindow(sys::OpenFile::open(path).value()).all(100);
  REQUIRE_FALSE(all.has_value());
  CHECK(all.error().where == path);
}
