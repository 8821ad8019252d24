#pragma once
// What upload and download share: flags, plan, copy with progress, report.

#include <string>

#include "cmd/shell/command.h"
#include "core/store/transfer.h"

namespace mlctl {

struct TransferFlags {
  NameFilter filter;
  bool overwrite = false, if_newer = false, prune = false, dry_run = false, yes = false;
};
void declare_transfer(Flags& flags, TransferFlags& options);
// Of a transfer from or to "-", or of objects named by a template, nothing can be compared by place or time.
Result<> check_transfer(const TransferFlags& options, bool streamed, bool templated);

// Objects of a store below the place `to`, or with `into` there by their own names.
struct StoreSource {
  Walk walk;
  bool folder = false;  // else a single object
};
Result<StoreSource> walk_store(Context& context, const Place& from, const Place& to, bool into,
                               const NameFilter& filter, const std::string& key_template = {});

struct TransferRequest {
  std::string verb;         // "upload", "download"
  std::string source, url;  // as the user wrote them
  const TransferFlags& flags;
  bool folder = false;  // else a single object
};

Result<Exit> run_transfer(Context& context, const TransferRequest& request, const Walk& walk,
                          const Place& from, Place& to);

}  // namespace mlctl
