#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "core/sys/fs.h"
#include "fakes/source_folder.h"

namespace mlctl::test {

// Compares with tests/golden/NAME; MLCTL_UPDATE_GOLDEN=1 writes it instead.
inline void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = source_folder() / "tests" / "golden" / name;
  if (std::getenv("MLCTL_UPDATE_GOLDEN") != nullptr) {
    CHECK(sys::write_file(path, text).has_value());
    return;
  }
  CHECK(sys::read_file(path).value_or("no " + path.string()) == text);
}

}  // namespace mlctl::test
