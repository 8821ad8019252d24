#include "core/clean/text_mark.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "core/base/random.h"

namespace mlctl {

namespace {

constexpr size_t kShingle = 3;

bool is_separator(unsigned char c) {
  return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c >= 0x80);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::vector<uint64_t> word_hashes(std::string_view text) {
  std::vector<uint64_t> hashes;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) hashes.push_back(hash64(word));
    word.clear();
  };
  for (const char raw : text) {
    const char c = lower(raw);
    const auto byte = static_cast<unsigned char>(c);
    if (is_separator(byte)) {
      end_word();
      continue;
    }
    word += c;
    // Scripts without blanks between words: the characters of three UTF-8 bytes (Chinese, Japanese, Thai, …)
    // stand for themselves.
    if (word.size() >= 3 && static_cast<unsigned char>(word[word.size() - 3]) >= 0xe0 && byte >= 0x80)
      end_word();
  }
  end_word();
  return hashes;
}

// Odd multipliers of a multiply-shift hash family (Dietzfelbinger et al. 1997).
std::array<uint64_t, kTextSlots> multipliers() {
  std::array<uint64_t, kTextSlots> odd{};
  for (size_t i = 0; i < kTextSlots; ++i) odd[i] = mix64(i + 1) | 1;
  return odd;
}

}  // namespace

TextMark text_mark(std::string_view text) {
  static const std::array<uint64_t, kTextSlots> kMultipliers = multipliers();
  TextMark mark;
  mark.slots.fill(std::numeric_limits<uint32_t>::max());
  const std::vector<uint64_t> words = word_hashes(text);
  const size_t length = std::min(kShingle, words.size());
  for (size_t at = 0; length > 0 && at + length <= words.size(); ++at) {
    uint64_t shingle = 0;
    for (size_t i = 0; i < length; ++i) shingle = mix64(shingle ^ words[at + i]);
    for (size_t i = 0; i < kTextSlots; ++i) {
      mark.slots[i] = std::min(mark.slots[i], static_cast<uint32_t>((shingle * kMultipliers[i]) >> 32));
    }
  }
  return mark;
}

double resemblance(const TextMark& a, const TextMark& b) {
  const auto wordless = [](const TextMark& mark) {
    return mark.slots[0] == std::numeric_limits<uint32_t>::max();
  };
  if (wordless(a) || wordless(b)) return 0;
  size_t equal = 0;
  for (size_t i = 0; i < kTextSlots; ++i) equal += a.slots[i] == b.slots[i];
  return static_cast<double>(equal) / static_cast<double>(kTextSlots);
}

}  // namespace mlctl
