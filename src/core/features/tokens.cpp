#include "core/features/tokens.h"

#include <functional>
#include <string>

#include <utf8proc.h>

#include "core/base/hash.h"
#include "core/base/random.h"

namespace mlctl {

namespace {

bool is_word(utf8proc_int32_t code) {
  if (code < 0x80) {
    return (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z') || code == '_';
  }
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

// Kana, CJK ideographs and their extensions: no blanks between words.
bool stands_alone(utf8proc_int32_t code) {
  return (code >= 0x3040 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff) ||
         (code >= 0xf900 && code <= 0xfaff) || (code >= 0x20000 && code <= 0x3ffff);
}

// Calls take(word) for each word; the view is valid during the call.
template <class Take>
void for_each_word(std::string_view text, bool lowercase, Take&& take) {
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) take(std::string_view(word));
    word.clear();
  };
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t code = bytes[at];
    size_t length = 1;
    if (code >= 0x80) {
      const auto read = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
      if (read > 0) length = static_cast<size_t>(read);
      if (read <= 0) code = ' ';  // a broken byte separates words
    }
    at += length;
    if (!is_word(code)) {
      flush();
      continue;
    }
    if (stands_alone(code)) flush();
    if (code < 0x80) {
      word += static_cast<char>(lowercase && code >= 'A' && code <= 'Z' ? code + 32 : code);
    } else {
      utf8proc_uint8_t encoded[4];
      const auto size = utf8proc_encode_char(lowercase ? utf8proc_tolower(code) : code, encoded);
      word.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
    }
    if (stands_alone(code)) flush();
  }
  flush();
}

}  // namespace

void append_tokens(const TextPreprocess& preprocess, std::string_view text, std::vector<int32_t>& out) {
  const size_t before = out.size();
  const auto buckets = static_cast<uint64_t>(preprocess.buckets);
  std::vector<uint64_t> words;
  for_each_word(text, preprocess.lowercase, [&](std::string_view word) {
    if (preprocess.max_tokens > 0 && static_cast<int64_t>(words.size()) >= preprocess.max_tokens) return;
    words.push_back(hash64(word));
  });
  for (int64_t n = 1; n <= preprocess.ngrams; ++n) {
    const auto length = static_cast<size_t>(n);
    for (size_t i = 0; i + length <= words.size(); ++i) {
      uint64_t gram = words[i];
      for (size_t j = 1; j < length; ++j) gram = mix64(gram) ^ words[i + j];
      out.push_back(static_cast<int32_t>(1 + gram % buckets));
    }
  }
  if (out.size() == before) out.push_back(0);
}

int64_t count_words(std::string_view text) {
  int64_t count = 0;
  for_each_word(text, false, [&](std::string_view) { ++count; });
  return count;
}

}  // namespace mlctl
