#pragma once
// The values Tab offers for each kind of argument, found on this machine: no network, no engine.

#include "cmd/shell/completer.h"
#include "cmd/shell/context.h"

namespace mlctl {

ValueSource local_values(const Context& context);

}  // namespace mlctl
