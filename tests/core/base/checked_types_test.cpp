#include <doctest/doctest.h>

#include "core/base/checked.h"
#include "core/base/digest.h"
#include "core/base/inside_path.h"

using namespace mlctl;

TEST_CASE("a digest is 64 lower-case hex digits and nothing else") {
  const std::string good = std::string(60, '0') + "9af1";
  REQUIRE(Digest::parse(good));
  CHECK(Digest::parse(good)->hex() == good);
  CHECK(Digest::parse(Digest::of("").hex()) == Digest::of(""));
  CHECK(Digest::of("").hex().starts_with("e3b0c44298fc1c14"));
  const std::string bad[] = {"",
                             "0",
                             "/../../../..",
                             std::string(63, '0'),
                             std::string(65, '0'),
                             std::string(63, '0') + "A",
                             std::string(63, '0') + "g",
                             std::string(63, '0') + "\n",
                             std::string(63, '0') + std::string(1, '\0'),
                             "../../" + std::string(58, 'a')};
  for (const std::string& text : bad) {
    CAPTURE(text);
    const auto digest = Digest::parse(text);
    REQUIRE(!digest);
    CHECK(digest.error().code == Exit::integrity);
  }
}

TEST_CASE("a path inside a folder never leaves it") {
  for (const char* text : {"a", "train-000000.csv", "a/b/c", "..a", "a..", "...", "ü/好", ".hidden", "a b"}) {
    CAPTURE(text);
    REQUIRE(InsidePath::parse(text));
    CHECK(InsidePath::parse(text)->text() == text);
    CHECK((std::filesystem::path("/f") / *InsidePath::parse(text)).string() == std::string("/f/") + text);
  }
  const struct {
    std::string text;
    const char* message;
  } bad[] = {{"", "is empty"},
             {"/etc/passwd", "is absolute"},
             {"/", "is absolute"},
             {"..", "outside"},
             {".", "outside"},
             {"../x", "outside"},
             {"a/../b", "outside"},
             {"a/..", "outside"},
             {"a/./b", "outside"},
             {"a//b", "empty part"},
             {"a/", "empty part"},
             {std::string("a\0b", 3), "NUL"},
             {std::string(256, 'n'), "255 bytes"},
             {std::string(4200, '/').replace(0, 1, "a"), "4096 bytes"}};
  for (const auto& each : bad) {
    CAPTURE(each.text);
    const auto path = InsidePath::parse(each.text);
    REQUIRE(!path);
    CHECK(path.error().code == Exit::integrity);
    CHECK_MESSAGE(path.error().message.find(each.message) != std::string::npos, path.error().message);
  }
}

TEST_CASE("sizes are multiplied only as far as they are numbers") {
  CHECK(checked_mul<int64_t>(3, 4) == 12);
  CHECK(!checked_mul(int64_t{1} << 62, int64_t{2}));
  CHECK(checked_mul(uint64_t{1} << 62, uint64_t{2}) == uint64_t{1} << 63);
  CHECK(!checked_add(INT64_MAX, int64_t{1}));
  CHECK(checked_add<uint64_t>(1, 2) == 3);
  CHECK(checked_product({}) == 1);
  CHECK(checked_product({2, 3, 4}) == 24);
  CHECK(checked_product({0, INT64_MAX, INT64_MAX}) == 0);
  CHECK(checked_product({INT64_MAX, INT64_MAX, 0}) == 0);
  CHECK(!checked_product({INT64_MAX, 2}));
  CHECK(!checked_product({2, -1}));
  CHECK(!checked_product({0, -1}));
}
