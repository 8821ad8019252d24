#pragma once
// What `mlctl explain` shows for a key of a manifest: everything its schema knows.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace mlctl {

struct FieldInfo {
  std::string path, type, description, default_text;
  bool required = false;
  std::vector<std::string> values, examples;
  std::vector<std::string> limits;  // "at least 1"
  std::vector<FieldInfo> fields;    // the keys below
};

struct Explanation {
  std::string kind;
  FieldInfo field;
};

// `path` is KIND or KIND.KEY.KEY ("train.spec.optimizer.lr"). Unknown → 5 with the nearest name.
Result<Explanation> explain(const std::string& path);

nlohmann::ordered_json to_json(const FieldInfo& field);
// As kubectl explain prints it; `recursive` lists all keys below with their types only.
std::string explanation_text(const Explanation& explanation, bool recursive);

}  // namespace mlctl
