#pragma once
// What a transfer shows of its progress: every byte once, when it goes.

#include "core/store/object_store.h"

namespace mlctl {

using ReadBytes = std::function<Result<>(const TakeBytes&)>;

// Counts as progress what was never here.
Result<> show_bytes(uint64_t size, const TakeBytes& progress);

// `read`, which may be repeated: its bytes are shown to `progress` too, of a repeat only those that no
// earlier one came to.
ReadBytes shown_once(ReadBytes read, TakeBytes progress);

}  // namespace mlctl
