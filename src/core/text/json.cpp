#include "core/text/json.h"

namespace mlctl {

Error json_error(const nlohmann::json::exception& error, const std::string& where, Exit code) {
  // "[json.exception.out_of_range.403] key 'files' not found" → "key 'files' not found"
  std::string text = error.what();
  if (const size_t end = text.find("] "); end != std::string::npos) text.erase(0, end + 2);
  return {code, text, where, {}, {}};
}

Result<nlohmann::ordered_json> parse_json(std::string_view text, const std::string& where, Exit code) {
  return decode_json(where, code, [&]() -> Result<nlohmann::ordered_json> {
    return nlohmann::ordered_json::parse(text.begin(), text.end());
  });
}

}  // namespace mlctl
