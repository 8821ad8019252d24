#pragma once
// Errors are values: every fallible function returns Result<T>, and only src/cmd/shell/app.cpp turns an
// Error into text and an exit code.
// Comments write "absent → 5" for: when it is absent, the error has code 5 (Exit::not_found).

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace mlctl {

// The documented exit codes of the program (`mlctl help exit-codes`). Scripts depend on the numbers.
enum class Exit : int {
  ok = 0,
  failed = 1,    // none of the below
  usage = 2,     // wrong flags or arguments
  manifest = 3,  // invalid manifest or configuration
  auth = 4,      // authentication or permission
  not_found = 5,
  conflict = 6,    // exists from other inputs, or locked by another process
  data = 7,        // the data is invalid
  pending = 8,     // still pending, or only part succeeded
  network = 9,     // remote unavailable after retries
  integrity = 10,  // checksum, signature, torn file
  gate = 11,       // an eval gate failed; an alert or drift is firing
  resource = 12,   // memory, disk, GPU, missing libtorch
  timeout = 13,
  interrupted = 75,  // stopped after saving: run again to resume
  sigint = 130,
  sigterm = 143,
};

struct [[nodiscard]] Error {
  Exit code = Exit::failed;
  std::string message;   // what failed, and on which file, key or object; a clause without a final stop
  std::string where{};   // "file.yaml:12:5" or "data.csv:17", when there is such a place
  std::string hint{};    // what to do next, when something is known to help
  std::string detail{};  // extra lines printed as they are (the caret line under a manifest key)
};

// "place: message", in one line.
inline std::string sentence(const Error& error) {
  return error.where.empty() ? error.message : error.where + ": " + error.message;
}

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Exit code, std::string message, std::string hint = {},
                                  std::string where = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(where), std::move(hint), {}});
}

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// A CamelCase word for machines: "NotFound", "Conflict", … (the `reason` of -o json errors).
const char* reason(Exit code);

}  // namespace mlctl

// TRY(expr): the value of a Result, or return its error from the enclosing function (as in Serenity's
// AK/Try.h).
#define TRY(...)                                                                           \
  __extension__({                                                                          \
    auto&& try_result_ = (__VA_ARGS__);                                                    \
    if (!try_result_) return tl::unexpected<mlctl::Error>(std::move(try_result_).error()); \
    mlctl::detail::unwrap(std::move(try_result_));                                         \
  })

namespace mlctl::detail {
template <class T>
T unwrap(tl::expected<T, Error>&& result) {
  return std::move(*result);
}
inline void unwrap(tl::expected<void, Error>&&) {}
}  // namespace mlctl::detail
