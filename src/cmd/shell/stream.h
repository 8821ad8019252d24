#pragma once
// Streams of results: a line per item, as it comes.

#include <string>

#include "cmd/shell/output.h"

namespace mlctl {

// Prints one item: NDJSON for programs (no terminal, or -o json); `human` on a terminal and for -o table
// and wide; a YAML document; or what a jsonpath finds. Fails when earlier items could not be written, so
// that work for a full disk or a reader who has gone ends.
Result<> print_item(Context& context, const Json& item, const std::string& human);
// Whether print_item would show `human`.
bool for_people(const Context& context);

}  // namespace mlctl
