#pragma once

#include <filesystem>

namespace mlctl::test {

std::filesystem::path source_folder();  // the checkout: tests read manifests/ and tests/golden/ from it

}  // namespace mlctl::test
