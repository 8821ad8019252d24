#include "core/clean/pii.h"

#include <doctest/doctest.h>

using mlctl::find_pii;
using mlctl::Pii;
using mlctl::PiiMasker;

namespace {

std::string redacted(std::string text) {
  PiiMasker::Counts counts{};
  PiiMasker(PiiMasker::Style::redact, "key").mask(text, counts);
  return text;
}

}  // namespace

TEST_CASE("personal data is found, and only that is replaced") {
  const struct {
    const char *text, *masked;
  } cases[] = {
      {"write to ann.lee+x@mail.example.org.", "write to [EMAIL]."},
      {"<ann@x.io>", "<[EMAIL]>"},
      {"card 4111 1111 1111 1111 exp 12/27", "card [CARD] exp 12/27"},
      {"amex 378282246310005", "amex [CARD]"},
      {"4111-1111-1111-1111 2024", "[CARD] 2024"},
      {"银联 6222021234567890123x", "银联 6222021234567890123x"},
      {"id 11010519491231002X ok", "id [NATIONAL_ID] ok"},
      {"身份证11010519491231002X。", "身份证[NATIONAL_ID]。"},
      {"ssn 123-45-6789", "ssn [NATIONAL_ID]"},
      {"nino AB 12 34 56 C", "nino [NATIONAL_ID]"},
      {"dni 12345678Z", "dni [NATIONAL_ID]"},
      {"nir 1 85 05 78 006 084 91", "nir [NATIONAL_ID]"},
      {"from 192.168.1.254:8080", "from [IP]:8080"},
      {"to 2001:db8::8a2e:370:7334 now", "to [IP] now"},
      {"::1", "[IP]"},
      {"call +44 20 7946 0958", "call [PHONE]"},
      {"(415) 555-2671", "[PHONE]"},
      {"415-555-2671!", "[PHONE]!"},
      {"手机13912345678", "手机[PHONE]"},
      {"030 1234 5678", "[PHONE]"},
  };
  for (const auto& each : cases) CHECK(redacted(each.text) == each.masked);
}

TEST_CASE("look-alikes stay as they are") {
  for (const char* text : {
           "4111 1111 1111 1112",  // fails Luhn
           "9999 9999 9999 9995",  // no such issuer
           "110105194912310021",   // check character
           "11010519491331002X",   // month 13
           "000-12-3456",
           "666-12-3456",  // no such area
           "12345678A",    // check letter
           "version 1.2.3.4.5",
           "300.1.1.1",  // not an address
           "12:30:15",
           "std::string",
           "a::b",  // times, C++
           "2026-01-31T12:30:15Z",
           "3.14159265358979",
           "price 1234567890",
           "user@host",
           "@handle",
           "a@b",
           "0.8,0.1,0.1",
           "order 20240131123456789012345",
       }) {
    CHECK(redacted(text) == text);
  }
}

TEST_CASE("hashes are equal for equal values and differ with the key") {
  PiiMasker::Counts counts{};
  std::string text = "ann@x.org, bob@x.org, ann@x.org";
  PiiMasker(PiiMasker::Style::hash, "k1").mask(text, counts);
  CHECK(text.size() == 3 * 18 + 4);
  CHECK(text.substr(0, 18) == text.substr(40, 18));
  CHECK(text.substr(0, 18) != text.substr(20, 18));
  CHECK(counts[static_cast<size_t>(Pii::email)] == 3);
  std::string other = "ann@x.org";
  PiiMasker(PiiMasker::Style::hash, "k2").mask(other, counts);
  CHECK(other != text.substr(0, 18));
}

TEST_CASE("spans come in order and never overlap") {
  const auto spans = find_pii("1.2.3.4 ann@1.2.3.example.org 123-45-6789");
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].kind == Pii::ip);
  CHECK(spans[1].kind == Pii::email);
  CHECK(spans[2].kind == Pii::national_id);
  CHECK(spans[0].end <= spans[1].begin);
  CHECK(spans[1].end <= spans[2].begin);
}

TEST_CASE("a long run of digits is read in linear time") {
  const std::string digits(1 << 20, '4');
  CHECK(redacted(digits) == digits);
}
