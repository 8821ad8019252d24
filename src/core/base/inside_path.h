#pragma once
// The relative name of a file below a folder, as a document or archive states it: without ".", "..", empty
// parts or NUL. Text becomes an InsidePath only through parse(). It does not rule out links: those are
// dealt with when the file is opened (core/sys/folder.h).

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

class InsidePath {
 public:
  static Result<InsidePath> parse(std::string_view text);  // → 10 with what is wrong

  const std::string& text() const { return text_; }
  bool operator==(const InsidePath&) const = default;
  auto operator<=>(const InsidePath&) const = default;

 private:
  explicit InsidePath(std::string_view text) : text_(text) {}
  std::string text_;
};

inline std::filesystem::path operator/(const std::filesystem::path& folder, const InsidePath& path) {
  return folder / path.text();
}

}  // namespace mlctl
