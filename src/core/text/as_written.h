#pragma once
// What records say of a text: as the user wrote it, without what a variable held.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/sys/env.h"

namespace mlctl {

// "${env:NAME}" of a manifest, and what stood there instead when it was read.
struct Expansion {
  std::string written, value;
};

// A whole text that is such a value, or where it is long enough to be no accident, a part that is.
std::string as_written(std::string text, const std::vector<Expansion>& expansions);
// Every text in it; keys stay.
nlohmann::ordered_json as_written(nlohmann::ordered_json value, const std::vector<Expansion>& expansions);
// The ${env:NAME} in a text, with what these hold; those that are not set are left out.
std::vector<Expansion> variables_in(const std::string& text, const sys::Env& env);
// The other way round, with what they hold.
std::string expanded(std::string text, const std::vector<Expansion>& expansions);

}  // namespace mlctl
