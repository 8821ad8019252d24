#pragma once
// No exception of libtorch leaves the module.

#include <exception>
#include <functional>
#include <new>
#include <string>
#include <type_traits>

#include "core/base/result.h"

namespace mlctl::engine {

// Out of memory → 12, anything else → 1 with the first line of the message.
Error error_from(const std::exception& exception);

template <class Body>
std::invoke_result_t<Body> guard(Body&& body) {
  try {
    return body();
  } catch (const std::exception& exception) {
    return tl::unexpected<Error>(error_from(exception));
  }
}

}  // namespace mlctl::engine
