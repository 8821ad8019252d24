#pragma once
// Tab on manifest keys: from the schemas that validate them.

#include <string>
#include <vector>

#include "cmd/shell/completer.h"

namespace mlctl {

// --set: "spec.optimizer.lr=", then the values a key allows. `kind` "" = the keys of every kind.
Completion setting_values(const std::string& kind, const std::string& word);
// explain: "train.spec.optimizer".
Completion field_values(const std::string& word);
// The kind of manifest a command takes ("train" → "Train"); that of FILE when it can be read; else "".
std::string manifest_kind(const std::string& command, const std::string& file);

}  // namespace mlctl
