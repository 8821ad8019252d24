#pragma once
// The last place to catch exceptions: of a command, and of each thread. Libraries that throw are wrapped
// where they are called; what still gets through (no memory, no thread, a bug) becomes an Error like any
// other.

#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/result.h"

namespace mlctl {

// The exception being handled, as an Error: 12 when memory or threads ran out, else 1 with how to report
// the bug. `command` is the name of what was run, without its values.
Error unforeseen(std::string_view command = {});

// Returns the Result of `work`; an exception becomes its error.
template <class Work>
std::invoke_result_t<Work> guarded(Work&& work, std::string_view command = {}) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    return fail(unforeseen(command));
  }
}

}  // namespace mlctl
