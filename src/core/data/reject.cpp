#include "core/data/reject.h"

#include <utility>

#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

std::string to_line(const Reject& reject) {
  Json line;
  const std::pair<const char*, const std::string&> facts[] = {
      {"split", reject.split},   {"key", reject.key},       {"source", reject.source},
      {"reason", reject.reason}, {"detail", reject.detail}, {"other", reject.other}};
  for (const auto& [name, value] : facts) {
    if (!value.empty()) line[name] = value;
  }
  return dump_json(line) + "\n";
}

}  // namespace mlctl
