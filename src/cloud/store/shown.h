#pragma once
// A transfer's progress: every byte is counted once, even if it is sent again.

#include "core/store/object_store.h"

namespace mlctl {

using ReadBytes = std::function<Result<>(const TakeBytes&)>;

// Counts bytes as progress that did not pass through here, such as those the store copied.
Result<> show_bytes(uint64_t size, const TakeBytes& progress);

// Wraps `read`, which may be called again: its bytes are also shown to `progress`, but on a repetition only
// those that no earlier call reached.
ReadBytes shown_once(ReadBytes read, TakeBytes progress);

}  // namespace mlctl
