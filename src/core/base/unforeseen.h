#pragma once
// Exceptions end here: of a command, and of each thread. Libraries that throw are wrapped at their border;
// what comes through all the same (no memory, no thread, a fault of ours) becomes an Error like any other.

#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/result.h"

namespace mlctl {

// The exception being handled as an Error: 12 where memory or threads are short, 1 for what nobody foresaw,
// with how to report it. `command` is the name of what was run, without its values.
Error unforeseen(std::string_view command = {});

// What `work` returns, a Result; an exception is its error.
template <class Work>
std::invoke_result_t<Work> guarded(Work&& work, std::string_view command = {}) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    return fail(unforeseen(command));
  }
}

}  // namespace mlctl
