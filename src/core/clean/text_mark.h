#pragma once
// A text's words in 480 bytes: MinHash (Broder 1997), whose slots agree as often as two texts' sets of word
// shingles overlap.

#include <array>
#include <cstdint>
#include <string_view>

namespace mlctl {

inline constexpr size_t kTextBands = 20, kTextBandRows = 6;
inline constexpr size_t kTextSlots = kTextBands * kTextBandRows;

struct TextMark {
  std::array<uint32_t, kTextSlots> slots{};
};

// Over shingles of three words (the whole text where it has fewer), letters lower-cased, everything but
// letters and digits between words.
TextMark text_mark(std::string_view text);

// The share of shingles in common (Jaccard), estimated to ±0.04; 0 where a text has no words.
double resemblance(const TextMark& a, const TextMark& b);
inline constexpr double kMinResemblance = 0.8;

}  // namespace mlctl
