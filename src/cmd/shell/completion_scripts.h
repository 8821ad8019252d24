#pragma once
// The files of completions/, by shell.

#include <span>

namespace mlctl {

struct CompletionScript {
  const char* shell;
  const char* text;
};
std::span<const CompletionScript> completion_scripts();

}  // namespace mlctl
