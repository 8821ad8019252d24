#include "core/base/digest.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"

namespace mlctl {

namespace {

constexpr size_t kDigits = 64;

bool is_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  if (text.size() == kDigits && std::all_of(text.begin(), text.end(), is_digit))
    return Digest(std::string(text));
  return fail(Exit::integrity,
              fmt::format("\"{}\" is not a SHA-256: 64 digits of 0-9 and a-f", text.substr(0, kDigits)));
}

Digest Digest::of(std::string_view bytes) {
  return Digest(sha256_hex(bytes));
}

}  // namespace mlctl
