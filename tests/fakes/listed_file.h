#pragma once
// Names and entries of files as documents have them.

#include "core/data/dataset.h"

namespace mlctl::test {

inline InsidePath inside(std::string_view path) {
  return InsidePath::parse(path).value();
}

inline FileEntry entry(const std::string& name, std::string_view content) {
  return {inside(name), content.size(), Digest::of(content)};
}

}  // namespace mlctl::test
