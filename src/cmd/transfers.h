#pragma once
// What upload and download share: plan, copy with progress, report.

#include <string>

#include "cmd/context.h"
#include "core/store/transfer.h"

namespace mlctl {

struct TransferRequest {
  std::string verb;         // "upload", "download"
  std::string source, url;  // as the user wrote them
  bool overwrite = false, dry_run = false;
  size_t width = 1;  // of the source's store
};

Result<Exit> run_transfer(Context& context, const TransferRequest& request, const Walk& walk, Place& to);

}  // namespace mlctl
