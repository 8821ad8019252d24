#include "core/base/inside_path.h"

#include <fmt/format.h>

#include "core/base/limits.h"

namespace mlctl {

namespace {

const char* trouble_of_part(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part == "." || part == "..") return "points outside its folder";
  if (part.size() > limits::kPathPartBytes) return "has a part of more than 255 bytes";
  return nullptr;
}

// What is wrong with it, or nothing.
const char* trouble_of(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.front() == '/') return "is absolute";
  if (text.find('\0') != std::string_view::npos) return "has a NUL byte";
  if (text.size() > limits::kPathBytes) return "is longer than 4096 bytes";
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('/', at), text.size());
    if (const char* trouble = trouble_of_part(text.substr(at, end - at))) return trouble;
    at = end + 1;
  }
  return nullptr;
}

}  // namespace

Result<InsidePath> InsidePath::parse(std::string_view text) {
  const char* trouble = trouble_of(text);
  if (trouble == nullptr) return InsidePath(text);
  constexpr size_t kShown = 80;
  return fail(Exit::integrity, fmt::format("the path \"{}\" {}", text.substr(0, kShown), trouble),
              "a name below the folder is expected, as train-000000.csv");
}

}  // namespace mlctl
