#include "cloud/store/shown.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("bytes count as progress when they go, and once however often they are sent") {
  std::string shown;
  const TakeBytes progress = [&](std::string_view bytes) -> Result<> {
    shown += bytes;
    return {};
  };
  const ReadBytes read = shown_once(
      [](const TakeBytes& take) -> Result<> {
        for (const char* piece : {"abc", "def", "gh"}) TRY(take(piece));
        return {};
      },
      progress);
  // A peer that hangs up after so many bytes.
  const auto send = [&](size_t most) {
    size_t sent = 0;
    return read([&, most](std::string_view bytes) -> Result<> {
      if ((sent += bytes.size()) > most) return fail(Exit::network, "reset");
      return {};
    });
  };
  CHECK_FALSE(send(4));
  CHECK(shown == "abc");
  CHECK_FALSE(send(2));  // not even as far as before
  CHECK(shown == "abc");
  CHECK(send(8));
  CHECK(shown == "abcdefgh");
  CHECK(send(8));
  CHECK(shown == "abcdefgh");
}
