#pragma once
// The rows of a text, some at a time, through a window that moves over its file: memory does not grow with
// the file. If the file is cut or written meanwhile, the result is other rows or an error, never a signal.

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

  // The first `size` bytes of the text, or all of a shorter one. To be called before the first rows are
  // taken.
  Result<std::string_view> head(size_t size);
  // The whole text. Longer than `most` → 7.
  Result<std::string_view> all(size_t most);
  // Up to `rows` rows, with their line ends; fewer at the end of the text, "" after it. The bytes are valid
  // until the next call. A row over limits::kRecordBytes → 7.
  Result<std::string_view> next(size_t rows, Format format, char delimiter);

 private:
  Result<> fill(size_t size);

  std::optional<sys::OpenFile> file_{};  // the rest of the text, from read_ on
  uint64_t read_ = 0;
  std::string held_{};       // of the file
  std::string_view text_{};  // not yet taken
};

}  // namespace mlctl::serve
