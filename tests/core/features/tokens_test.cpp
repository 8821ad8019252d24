#include "core/features/tokens.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

std::vector<int32_t> tokens(std::string_view text, int64_t ngrams = 1, int64_t most = 0) {
  std::vector<int32_t> out;
  append_tokens({true, 1 << 20, ngrams, most}, text, out);
  return out;
}

}  // namespace

TEST_CASE("tokens: words are letters and digits of any script, case ignored") {
  CHECK(tokens("Hello, World!") == tokens("hello world"));
  CHECK(tokens("ÉCOLE") == tokens("école"));
  CHECK(tokens("a b").size() == 2);
  CHECK(tokens("机器学习").size() == 4);  // no blanks: a character is a word
  CHECK(tokens("機a").size() == 2);
  CHECK(tokens("a\xff\xfe"
               "b")
            .size() == 2);  // broken UTF-8 separates
}

TEST_CASE("tokens: n-grams follow the words and depend on their order") {
  CHECK(tokens("a b c", 2).size() == 5);
  CHECK(tokens("a b c", 3).size() == 6);
  CHECK(tokens("a b", 2)[2] != tokens("b a", 2)[2]);
  CHECK(tokens("a b c d", 2, 2) == tokens("a b", 2));
}

TEST_CASE("tokens: ids are in [1, buckets], and 0 stands for a text without words") {
  CHECK(tokens("") == std::vector<int32_t>{0});
  CHECK(tokens("?!") == std::vector<int32_t>{0});
  std::vector<int32_t> out;
  append_tokens({true, 3, 2, 0}, "one two three four five six seven", out);
  for (const int32_t id : out) CHECK((id >= 1 && id <= 3));
}

TEST_CASE("tokens: words are counted without n-grams") {
  CHECK(count_words("one two, three") == 3);
  CHECK(count_words("") == 0);
}
