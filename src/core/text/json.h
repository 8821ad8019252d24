#pragma once
// nlohmann/json behind Result: parsing and decoding, its exceptions caught here and nowhere else.

#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace mlctl {

// `code` is what a broken document means to the caller: 10 for our own files, 7 for data, 3 for manifests.
Result<nlohmann::ordered_json> parse_json(std::string_view text, const std::string& where,
                                          Exit code = Exit::integrity);

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
