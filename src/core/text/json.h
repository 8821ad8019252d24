#pragma once
// nlohmann/json behind Result: parsing and decoding, its exceptions caught here and nowhere else. All JSON
// that mlctl parses comes through here, in time that grows with the bytes (not with the square of the
// keys), and within limits that are checked before memory is taken.

#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/base/result.h"

namespace mlctl {

// In our own documents a key that appears twice is an error, because two readers might take different
// values. In others' documents the last one counts, as in most readers.
enum class RepeatedKeys { refused, last_counts };

struct JsonRules {
  RepeatedKeys repeated = RepeatedKeys::refused;
  size_t depth = limits::kJsonDepth;    // of objects and lists within each other
  size_t values = limits::kJsonValues;  // in the whole document, objects and lists among them
  size_t bytes = limits::kJsonBytes;
};
inline constexpr JsonRules kOurDocument{};
inline constexpr JsonRules kForeignDocument{.repeated = RepeatedKeys::last_counts};
inline constexpr JsonRules kForeignRow{.repeated = RepeatedKeys::last_counts,
                                       .values = limits::kJsonRowValues};

// `code` is what a broken document means to the caller: 10 for our own files, 7 for data, 3 for manifests.
Result<nlohmann::ordered_json> parse_json(std::string_view text, const std::string& where,
                                          Exit code = Exit::integrity, const JsonRules& rules = kOurDocument);
// A discarded value (no object, list or anything else) when the text is not JSON or exceeds the rules: for
// callers to whom all of these are the same.
nlohmann::ordered_json json_or_discarded(std::string_view text, const JsonRules& rules = kForeignDocument);

// The text of a value. Bytes that are not UTF-8 become U+FFFD, so writing never fails; data whose exact
// bytes matter is refused when it is read.
std::string dump_json(const nlohmann::ordered_json& value, int indent = -1);
std::string dump_json(const nlohmann::json& value, int indent = -1);

// Adds a member to an object that the caller knows to have none of that name: in constant time, where []
// would first look at every key.
void append_member(nlohmann::ordered_json& object, std::string key, nlohmann::ordered_json value);

inline constexpr int kFieldError = 900;  // of nlohmann's exceptions: ours, whose text is said as it is
Error json_error(const nlohmann::json::exception& error, const std::string& where, Exit code);

// Runs `decode`, which may use at(), get<T>() and value(): an absent key or a wrong type becomes an Error.
template <class Decode>
std::invoke_result_t<Decode> decode_json(const std::string& where, Exit code, Decode&& decode) {
  try {
    return decode();
  } catch (const nlohmann::json::exception& error) {
    return tl::unexpected<Error>(json_error(error, where, code));
  }
}

}  // namespace mlctl
