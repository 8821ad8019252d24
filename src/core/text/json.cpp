#include "core/text/json.h"

#include <fmt/format.h>

namespace mlctl {

namespace {

// Turns the library's messages, which are for programmers, into words for users:
//   "[json.exception.parse_error.101] parse error at line 2, column 1: syntax error while …"
//     → "not valid JSON at line 2, column 1"
//   "[json.exception.out_of_range.403] key 'files' not found"
//     → "the key \"files\" is missing"
std::string in_plain_words(std::string text, int id) {
  if (const size_t end = text.find("] "); end != std::string::npos) text.erase(0, end + 2);
  if (id == kFieldError) return text;
  static constexpr std::string_view kParse = "parse error at ";
  if (text.starts_with(kParse))
    return "not valid JSON at " + text.substr(kParse.size(), text.find(": ") - kParse.size());
  if (text.starts_with("key '") && text.ends_with("' not found")) {
    return fmt::format("the key \"{}\" is missing",
                       text.substr(5, text.size() - 5 - std::string_view("' not found").size()));
  }
  if (text.starts_with("number overflow parsing"))
    return "a number is too large:" + text.substr(text.find(" '"));
  if (text.starts_with("type must be")) return "a value has the wrong type: " + text;
  return "the document does not have the expected shape";
}

}  // namespace

Error json_error(const nlohmann::json::exception& error, const std::string& where, Exit code) {
  const char* hint =
      code == Exit::integrity ? "the file is torn or was edited: make it again, or restore it" : "";
  return {code, in_plain_words(error.what(), error.id), where, hint, {}};
}

std::string dump_json(const nlohmann::ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string dump_json(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace mlctl
