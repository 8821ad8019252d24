#pragma once
// What Tab offers for a store's URL.

#include <string>

#include "cmd/shell/completer.h"
#include "cmd/shell/context.h"

namespace mlctl {

// The buckets after "s3://", the next level of what a store has below "s3://bucket/…"; nothing for other
// words, and where it cannot be known.
Completion complete_store(Context& context, const std::string& word);

}  // namespace mlctl
