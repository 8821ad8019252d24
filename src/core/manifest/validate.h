#pragma once
// Compares a YAML tree with a schema: every problem at once, each with its place, and the values as JSON.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/text/yaml.h"

namespace mlctl {

struct Problem {
  TextPlace place;
  std::string path;     // "spec.optimizer.lr", "spec.model.layers[2].conv2d"
  std::string message;  // "expected a number, got the text \"fast\""
  std::string hint;     // "did you mean adam?"
};

void sort_by_place(std::vector<Problem>& problems);  // in the order of the text

struct Checked {
  nlohmann::ordered_json value;             // what was given, typed by the schema; without defaults
  std::map<std::string, TextPlace> places;  // of each given value, by path
  std::map<std::string, TextPlace> keys;    // of each given key
  std::vector<Problem> problems;            // in the order of the text; empty: valid
};

// Relative paths (format: path) in the manifest's text are taken to be relative to `folder`; those given by
// flags are left as they are.
Checked check_against(const YamlNode& node, const nlohmann::ordered_json& schema,
                      const std::filesystem::path& folder = {});

}  // namespace mlctl
