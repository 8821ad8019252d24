#pragma once

#include <memory>

#include "core/engine/engine.h"

namespace mlctl::engine {

// `threads` where the spec leaves it open.
Result<std::unique_ptr<Session>> open_session(const SessionSpec& spec, int threads);

}  // namespace mlctl::engine
