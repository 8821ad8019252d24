#pragma once
// The name of a file below a folder that something else chose: relative, without ".", "..", empty parts or
// NUL. What is read becomes one only through parse(). It says nothing about links: opening does
// (core/sys/fs.h).

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
