#pragma once
// Small pure functions on text.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool is_valid_utf8(std::string_view text);

// Whole-string parses: no leading blanks, no trailing characters.
Result<int64_t> parse_int(std::string_view text);
Result<double> parse_double(std::string_view text);  // finite decimal numbers only; "nan" and "inf" fail

// The candidate within edit distance max(1, length/3) of `word`, or "" (a swap of neighbours is one edit).
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

std::string human_bytes(uint64_t bytes);                    // "1.5 MiB"
std::string human_count(uint64_t count);                    // "60,000"
std::string human_duration(double seconds);                 // "850ms", "12.3s", "4m05s", "2h03m"
std::string plural(uint64_t count, std::string_view noun);  // "1 file", "3 files"

// The shortest decimal text that reads back as the same double.
std::string shortest(double value);

}  // namespace mlctl
