#pragma once
// Text to token ids: words by Unicode's letters and digits, hashed, with n-grams of neighbouring words.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/model/preprocess.h"

namespace mlctl {

// Appends the ids of one text, at least one: 0 stands for a text without words. Scripts written without
// blanks (Han, kana) count a character as a word.
void append_tokens(const TextPreprocess& preprocess, std::string_view text, std::vector<int32_t>& out);

// The number of words alone: the feature "length" of text statistics.
int64_t count_words(std::string_view text);

}  // namespace mlctl
