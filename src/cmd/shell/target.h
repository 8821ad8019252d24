#pragma once
// --target: where a stage's work runs.

#include <string>

#include "cmd/shell/flags.h"

namespace mlctl {

inline void declare_target(Flags& flags, std::string& target) {
  target = "local";
  flags.choice("--target", target, {"local"}, "where the work runs");
}

}  // namespace mlctl
