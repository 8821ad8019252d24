#pragma once
// Rows of a text, so many at a time, out of a window that moves over its file: memory does not grow with the
// file, and one that is cut or written meanwhile shows as other rows or an error, never as a signal.

#include <optional>
#include <string>
#include <string_view>

#include "core/serve/examples.h"
#include "core/sys/open_file.h"

namespace mlctl::serve {

class RowWindow {
 public:
  explicit RowWindow(std::string_view text) : text_(text) {}
  explicit RowWindow(sys::OpenFile file) : file_(std::move(file)) {}

  // The text's beginning, up to `size` bytes of it. Before the first rows are taken.
  Result<std::string_view> head(size_t size);
  // All of the text, which must not be longer than `most`: else 7.
  Result<std::string_view> all(size_t most);
  // Up to `rows` rows, with their line ends; fewer at the end, none behind it. The bytes last until the next
  // call. A row over limits::kRecordBytes → 7.
  Result<std::string_view> next(size_t rows, Format format, char delimiter);

 private:
  Result<> fill(size_t size);

  std::optional<sys::OpenFile> file_{};  // the rest of the text, from read_ on
  uint64_t read_ = 0;
  std::string held_{};       // of the file
  std::string_view text_{};  // not yet taken
};

}  // namespace mlctl::serve
