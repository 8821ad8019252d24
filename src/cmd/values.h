#pragma once
// The values Tab offers for each kind of argument, found on this machine: no network, no engine.

#include "cmd/completer.h"
#include "cmd/context.h"

namespace mlctl {

ValueSource local_values(const Context& context);

}  // namespace mlctl
