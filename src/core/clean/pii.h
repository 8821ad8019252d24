#pragma once
// Finds personal data in text and masks it: e-mail addresses, phone numbers, payment cards (Luhn), IP
// addresses, national ids (CN, US, GB, ES, FR; by their check digits where they have them). Patterns propose
// (RE2, linear time), validators decide.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlctl {

enum class Pii { email, card, national_id, ip, phone };
inline constexpr size_t kPiiKinds = 5;
const char* name(Pii kind);  // "email", "national_id", …

struct PiiSpan {
  Pii kind;
  size_t begin = 0, end = 0;
};

class PiiMasker {
 public:
  enum class Style { hash, redact };
  using Counts = std::array<int64_t, kPiiKinds>;

  // `key` makes the hashes impossible to reverse by trying all phone numbers: keep it secret.
  PiiMasker(Style style, std::string key) : style_(style), key_(std::move(key)) {}

  // "mail ann@x.org" → "mail [EMAIL]", or "mail EMAIL_1b2c3d4e5f60" (equal values give equal hashes).
  // Returns whether anything was found; `counts` grows by what was.
  bool mask(std::string& text, Counts& counts) const;
  // The whole of a value that identifies (a user's name in ratings), as a hash in either style.
  std::string token(Pii kind, std::string_view value) const;

 private:
  Style style_;
  std::string key_;
};

// In order of position, without overlaps; where two kinds claim the same text the first of the enum wins.
std::vector<PiiSpan> find_pii(std::string_view text);

bool passes_luhn(std::string_view digits);
bool is_chinese_id(std::string_view text);  // GB 11643: date of birth and check character

}  // namespace mlctl
