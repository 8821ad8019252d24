#include "core/sys/env.h"

#include <unistd.h>

#include <cstring>

namespace mlctl::sys {

Env current_env() {
  Env env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char* equals = std::strchr(*entry, '=');
    if (equals != nullptr)
      env.variables.emplace(std::string(*entry, static_cast<size_t>(equals - *entry)), equals + 1);
  }
  return env;
}

}  // namespace mlctl::sys
