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
// Refuses flags that make no sense: a transfer from or to "-", or of objects named by a template, can't be
// compared by place or time.
Result<> check_transfer(const TransferFlags& options, bool streamed, bool templated);

// Walks the objects of a store, for copying to the place `to`. A single object becomes `to` itself, or with
// `into` goes below it under its own name.
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
