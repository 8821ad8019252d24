#pragma once
// What Tab offers for a store's URL.

#include <string>

#include "cmd/shell/completer.h"
#include "cmd/shell/context.h"

namespace mlctl {

// After "s3://" the buckets, after "s3://bucket/…" the next level of keys; nothing for other words, or when
// it can't be found out.
Completion complete_store(Context& context, const std::string& word);

}  // namespace mlctl
