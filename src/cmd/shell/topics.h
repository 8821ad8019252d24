#pragma once
// `mlctl help TOPIC`: help that belongs to no single command.

#include <string>
#include <vector>

namespace mlctl {

struct Topic {
  std::string name, summary;
  std::string (*text)();
};
const std::vector<Topic>& help_topics();
const Topic* find_topic(const std::string& name);

}  // namespace mlctl
