#include "core/base/result.h"

namespace mlctl {

const char* reason(Exit code) {
  switch (code) {
    case Exit::ok:
      return "Done";
    case Exit::failed:
      return "Failed";
    case Exit::usage:
      return "Usage";
    case Exit::manifest:
      return "InvalidManifest";
    case Exit::auth:
      return "Forbidden";
    case Exit::not_found:
      return "NotFound";
    case Exit::conflict:
      return "Conflict";
    case Exit::data:
      return "InvalidData";
    case Exit::pending:
      return "Pending";
    case Exit::network:
      return "Unavailable";
    case Exit::integrity:
      return "Integrity";
    case Exit::gate:
      return "GateFailed";
    case Exit::resource:
      return "Resource";
    case Exit::timeout:
      return "Timeout";
    case Exit::interrupted:
      return "Interrupted";
    case Exit::sigint:
      return "Interrupted";
    case Exit::sigterm:
      return "Terminated";
  }
  return "Failed";
}

}  // namespace mlctl
