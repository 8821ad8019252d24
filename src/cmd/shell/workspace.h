#pragma once
// The workspace of a command.

#include "cmd/shell/store_flags.h"
#include "core/store/location.h"
#include "core/store/staged_output.h"
#include "core/store/workspace.h"

namespace mlctl {

// With the store as the flags say. `context` outlives it.
Workspace workspace(Context& context, const StoreOptions& options = {});

}  // namespace mlctl
