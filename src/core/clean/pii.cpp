#include "core/clean/pii.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "core/base/hash.h"

namespace mlctl {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_digit);
  return digits;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool is_date(int year, int month, int day) {
  return year >= 1900 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// The issuers' prefixes with their lengths (ISO/IEC 7812): a random number of 16 digits passes Luhn one time
// in ten.
bool is_card(std::string_view text) {
  struct Issuer {
    int first, last;  // prefixes, of the same number of digits
    size_t prefix, shortest, longest;
  };
  static constexpr Issuer issuers[] = {
      {4, 4, 1, 13, 19},       {51, 55, 2, 16, 16}, {2221, 2720, 4, 16, 16}, {34, 34, 2, 15, 15},
      {37, 37, 2, 15, 15},     {62, 62, 2, 16, 19}, {6011, 6011, 4, 16, 19}, {644, 659, 3, 16, 19},
      {3528, 3589, 4, 16, 19}, {36, 36, 2, 14, 19}, {300, 305, 3, 14, 19},   {38, 39, 2, 14, 19},
  };
  const std::string digits = digits_of(text);
  if (digits.size() < 13 || !passes_luhn(digits)) return false;
  return std::any_of(std::begin(issuers), std::end(issuers), [&](const Issuer& issuer) {
    const int prefix = number(std::string_view(digits).substr(0, issuer.prefix));
    return prefix >= issuer.first && prefix <= issuer.last && digits.size() >= issuer.shortest &&
           digits.size() <= issuer.longest;
  });
}

// Social Security: neither area 000, 666 or 9xx, nor an all-zero part.
bool is_ssn(std::string_view text) {
  const int area = number(text.substr(0, 3));
  return area != 0 && area != 666 && area < 900 && number(text.substr(4, 2)) != 0 &&
         number(text.substr(7, 4)) != 0;
}

bool is_spanish_id(std::string_view text) {
  std::string digits(text.substr(0, 8));
  if (digits[0] >= 'X') digits[0] = static_cast<char>('0' + (digits[0] - 'X'));
  return text.back() == "TRWAGMYFPDXBNJZSQVHLCKE"[number(digits) % 23];
}

// NIR: 13 digits and 97 minus their remainder.
bool is_french_id(std::string_view text) {
  const std::string digits = digits_of(text);
  if (digits.size() != 15) return false;
  int64_t value = 0;
  for (size_t i = 0; i < 13; ++i) value = value * 10 + (digits[i] - '0');
  const int month = number(std::string_view(digits).substr(3, 2));
  return month >= 1 && month <= 12 && 97 - value % 97 == number(std::string_view(digits).substr(13, 2));
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return std::any_of(text.begin(), text.end(), is_digit) &&
         ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_phone(std::string_view text) {
  const size_t digits = digits_of(text).size();
  return text[0] == '+' ? digits >= 8 && digits <= 15 : digits >= 9 && digits <= 11;
}

bool anything(std::string_view) {
  return true;
}

struct Rule {
  Pii kind;
  const char* pattern;
  bool (*valid)(std::string_view);
  const char* needs;  // characters of which a text without any cannot match
};

constexpr const char* kDigits = "0123456789";
constexpr const char* kOctet = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";

const std::vector<Rule>& rules() {
  static const std::string ipv4 = fmt::format("{0}\\.{0}\\.{0}\\.{0}", kOctet);
  static const std::vector<Rule> all = {
      {Pii::email,
       R"([A-Za-z0-9_](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_\-+])?@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24})",
       anything, "@"},
      {Pii::card, R"([2-6](?:[ \-]?[0-9]){12,18})", is_card, kDigits},
      {Pii::national_id, R"([1-9][0-9]{16}[0-9Xx])", is_chinese_id, kDigits},
      {Pii::national_id, R"([0-9]{3}-[0-9]{2}-[0-9]{4})", is_ssn, kDigits},
      {Pii::national_id, R"([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D])",
       anything, kDigits},
      {Pii::national_id, R"([0-9XYZ][0-9]{7}[A-Z])", is_spanish_id, kDigits},
      {Pii::national_id, R"([12] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2})", is_french_id,
       kDigits},
      {Pii::ip, ipv4.c_str(), anything, "."},
      {Pii::ip, R"((?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?)", is_ipv6,
       ":"},
      {Pii::phone, R"(\+[0-9]{1,3}(?:[ .\-]?\(?[0-9]{1,5}\)?){2,5})", is_phone, "+"},
      {Pii::phone, R"(\(?[2-9][0-9]{2}\)?[ .\-][2-9][0-9]{2}[ .\-][0-9]{4})", is_phone, kDigits},
      {Pii::phone, R"(\([2-9][0-9]{2}\)[ .\-]?[2-9][0-9]{2}[ .\-]?[0-9]{4})", is_phone, kDigits},
      {Pii::phone, R"(1[3-9][0-9]{9}|1[3-9][0-9][ \-][0-9]{4}[ \-][0-9]{4})", is_phone, kDigits},
      {Pii::phone, R"(0[0-9]{1,4}[ \-/][0-9]{3,4}[ \-]?[0-9]{3,5})", is_phone, kDigits},
  };
  return all;
}

const std::vector<std::unique_ptr<re2::RE2>>& patterns() {
  static const std::vector<std::unique_ptr<re2::RE2>> compiled = [] {
    std::vector<std::unique_ptr<re2::RE2>> list;
    for (const Rule& rule : rules())
      list.push_back(std::make_unique<re2::RE2>(rule.pattern, re2::RE2::Quiet));
    return list;
  }();
  return compiled;
}

// A match inside a longer word or number does not count. RE2 has no look-around, so the neighbours are
// checked here.
bool stands_alone(std::string_view text, size_t begin, size_t end) {
  const auto clashes = [](char inner, char outer) {
    return is_word(outer) && (is_word(inner) || inner == ':');
  };
  if (begin > 0 && (clashes(text[begin], text[begin - 1]) ||
                    (is_digit(text[begin]) && begin > 1 &&
                     (text[begin - 1] == '.' || text[begin - 1] == '-') && is_digit(text[begin - 2])))) {
    return false;
  }
  if (end == text.size()) return true;
  const bool number_goes_on = (text[end] == '.' || text[end] == '-') && end + 1 < text.size() &&
                              is_digit(text[end - 1]) && is_digit(text[end + 1]);
  return !clashes(text[end - 1], text[end]) && !number_goes_on;
}

// The longest valid match at the pattern's own length first, then shorter ones: "4111 1111 1111 1111 2024" is
// a card and a year.
size_t valid_end(const Rule& rule, std::string_view text, size_t begin, size_t end) {
  const size_t shortest = rule.kind == Pii::card ? begin + 13 : end;
  for (; end >= shortest; --end) {
    if (is_word(text[end - 1]) || rule.kind != Pii::card) {
      if (stands_alone(text, begin, end) && rule.valid(text.substr(begin, end - begin))) return end;
    }
  }
  return 0;
}

void find(size_t index, std::string_view text, std::vector<PiiSpan>& spans) {
  const Rule& rule = rules()[index];
  if (text.find_first_of(rule.needs) == std::string_view::npos) return;
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece match;
  for (size_t at = 0; at < text.size() &&
                      patterns()[index]->Match(whole, at, text.size(), re2::RE2::UNANCHORED, &match, 1);) {
    const auto begin = static_cast<size_t>(match.data() - text.data());
    const size_t end = valid_end(rule, text, begin, begin + match.size());
    if (end > 0) spans.push_back({rule.kind, begin, end});
    at = end > 0 ? end : begin + 1;
  }
}

}  // namespace

const char* name(Pii kind) {
  static constexpr const char* names[] = {"email", "card", "national_id", "ip", "phone"};
  return names[static_cast<size_t>(kind)];
}

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return !digits.empty() && sum % 10 == 0;
}

bool is_chinese_id(std::string_view text) {
  static constexpr int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  if (text.size() != 18 || !std::all_of(text.begin(), text.end() - 1, is_digit)) return false;
  if (!is_date(number(text.substr(6, 4)), number(text.substr(10, 2)), number(text.substr(12, 2))))
    return false;
  int sum = 0;
  for (size_t i = 0; i < 17; ++i) sum += (text[i] - '0') * weights[i];
  const char last = text[17] == 'x' ? 'X' : text[17];
  return last == "10X98765432"[sum % 11];
}

std::vector<PiiSpan> find_pii(std::string_view text) {
  std::vector<PiiSpan> spans, kept;
  if (text.find_first_of("0123456789@:") == std::string_view::npos) return kept;
  for (size_t index = 0; index < rules().size(); ++index) find(index, text, spans);
  std::vector<bool> taken(spans.empty() ? 0 : text.size());
  for (const PiiSpan& span : spans) {  // in the order of the rules: a later one gives way
    const auto begin = taken.begin() + static_cast<ptrdiff_t>(span.begin);
    const auto end = taken.begin() + static_cast<ptrdiff_t>(span.end);
    if (std::find(begin, end, true) != end) continue;
    std::fill(begin, end, true);
    kept.push_back(span);
  }
  std::sort(kept.begin(), kept.end(), [](const PiiSpan& a, const PiiSpan& b) { return a.begin < b.begin; });
  return kept;
}

std::string PiiMasker::token(Pii kind, std::string_view value) const {
  std::string upper = name(kind);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c == '_' ? c : static_cast<char>(c - 32); });
  // Key on both sides of the value: a SHA-256 of "key + value" alone can be extended.
  return fmt::format("{}_{}", upper, sha256_hex(fmt::format("{0}\n{1}\n{0}", key_, value)).substr(0, 12));
}

bool PiiMasker::mask(std::string& text, Counts& counts) const {
  const std::vector<PiiSpan> spans = find_pii(text);
  if (spans.empty()) return false;
  std::string masked;
  size_t at = 0;
  for (const PiiSpan& span : spans) {
    masked.append(text, at, span.begin - at);
    const std::string token_text =
        token(span.kind, std::string_view(text).substr(span.begin, span.end - span.begin));
    masked += style_ == Style::hash ? token_text : "[" + token_text.substr(0, token_text.size() - 13) + "]";
    ++counts[static_cast<size_t>(span.kind)];
    at = span.end;
  }
  masked.append(text, at);
  text = std::move(masked);
  return true;
}

}  // namespace mlctl
