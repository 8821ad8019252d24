#pragma once
// Texts as the user wrote them, with ${env:NAME} instead of the variable's value: for records.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/sys/env.h"

namespace mlctl {

// "${env:NAME}" in a manifest, and the value that replaced it when it was read.
struct Expansion {
  std::string written, value;
};

// Puts the variable back for a value: where it is the whole text, or a part of it that is too long to be a
// coincidence.
std::string as_written(std::string text, const std::vector<Expansion>& expansions);
// The same for every text in a value; keys stay.
nlohmann::ordered_json as_written(nlohmann::ordered_json value, const std::vector<Expansion>& expansions);
// The ${env:NAME} in a text with their values; variables that are not set are left out.
std::vector<Expansion> variables_in(const std::string& text, const sys::Env& env);
// The opposite: replaces the variables by their values.
std::string expanded(std::string text, const std::vector<Expansion>& expansions);

}  // namespace mlctl
