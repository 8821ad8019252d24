#pragma once
// The process's surroundings as a value, so that tests can give their own.

#include <initializer_list>
#include <map>
#include <optional>
#include <string>

namespace mlctl::sys {

struct Env {
  std::map<std::string, std::string> variables;
  std::optional<std::string> get(const std::string& name) const {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }
  // Of the first that is set; "" when none is.
  std::string first_of(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (const auto value = get(name)) return *value;
    return {};
  }
};
Env current_env();

}  // namespace mlctl::sys
