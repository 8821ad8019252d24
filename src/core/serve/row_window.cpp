#include "core/serve/row_window.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/text/csv.h"

namespace mlctl::serve {

namespace {

constexpr size_t kPiece = size_t{1} << 20;

// Where the next `rows` rows of a text end, as far as the text goes.
struct Rows {
  size_t end = 0, count = 0;
};

Rows find_rows(std::string_view text, size_t rows, Format format, char delimiter) {
  Rows found;
  if (format == Format::csv) {
    CsvReader reader(text, delimiter);
    std::vector<std::string_view> record;
    for (; found.count < rows && reader.next(record); ++found.count) found.end = reader.end();
    return found;
  }
  for (; found.count < rows && found.end < text.size(); ++found.count)
    found.end = std::min(text.find('\n', found.end), text.size() - 1) + 1;
  return found;
}

}  // namespace

// Reads until the window holds `size` bytes, or the file ends.
Result<> RowWindow::fill(size_t size) {
  if (!file_ || text_.size() >= size) return {};
  const size_t kept = text_.size();
  held_.erase(0, held_.size() - kept);
  held_.resize(size);
  size_t filled = kept;
  while (file_ && filled < size) {
    const size_t count = TRY(file_->read_at(read_, held_.data() + filled, size - filled));
    read_ += count;
    filled += count;
    if (count == 0) file_.reset();
  }
  held_.resize(filled);
  text_ = held_;
  return {};
}

Result<std::string_view> RowWindow::head(size_t size) {
  TRY(fill(size));
  return text_.substr(0, size);
}

Result<std::string_view> RowWindow::all(size_t most) {
  const std::string path = file_ ? file_->path().string() : "";
  while (file_ && text_.size() <= most) TRY(fill(std::min(most + 1, std::max(kPiece, text_.size() * 2))));
  if (text_.size() <= most) return std::exchange(text_, {});
  return fail(Exit::data, fmt::format("more than {}", human_bytes(most)), "split it into several files",
              path);
}

Result<std::string_view> RowWindow::next(size_t rows, Format format, char delimiter) {
  const std::string path = file_ ? file_->path().string() : "";
  Rows found = find_rows(text_, rows, format, delimiter);
  // The last row in the window may continue after it.
  while (file_ && (found.count < rows || found.end == text_.size())) {
    if (text_.size() > limits::kRecordBytes) {
      if (found.count <= 1)
        return fail(Exit::data, fmt::format("a row over {}", human_bytes(limits::kRecordBytes)),
                    "see whether a quote is not closed", path);
      rows = found.count - 1;
    } else {
      TRY(fill(std::min(limits::kRecordBytes + 1, std::max(kPiece, text_.size() * 2))));
    }
    found = find_rows(text_, rows, format, delimiter);
  }
  const size_t end = found.count < rows ? text_.size() : found.end;
  const std::string_view taken = text_.substr(0, end);
  text_.remove_prefix(end);
  return taken;
}

}  // namespace mlctl::serve
