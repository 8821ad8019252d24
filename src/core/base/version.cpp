#include "core/base/version.h"

#include "version_commit.inc"  // made by cmake/Version.cmake

namespace mlctl {

const char* version() {
  return MLCTL_VERSION;
}

const char* version_commit() {
  return MLCTL_COMMIT;
}

}  // namespace mlctl
