#include "fakes/source_folder.h"

namespace mlctl::test {

std::filesystem::path source_folder() {
  return MLCTL_SOURCE_DIR;
}

}  // namespace mlctl::test
