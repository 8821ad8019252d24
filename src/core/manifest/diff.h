#pragma once
// The differences between two specs, key by key.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace mlctl {

struct KeyChange {
  std::string path;         // "spec.optimizer.lr"
  std::string before, now;  // as JSON; "" where there is none
};

std::vector<KeyChange> differences(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now,
                                   const std::string& path);
// "- PATH: BEFORE" and "+ PATH: NOW" lines.
std::string difference_text(const std::vector<KeyChange>& differences);

}  // namespace mlctl
