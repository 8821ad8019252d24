#pragma once
// What a batch must look like before anything indexes with it.

#include "core/base/result.h"
#include "core/engine/engine.h"

namespace mlctl::engine {

// Sizes of all arrays, and every code, token and label inside its range → 7. `learning`: labels or targets
// are needed.
Result<> check_batch(const SessionSpec& spec, const Batch& batch, bool learning);

}  // namespace mlctl::engine
