#include "cloud/http/retry.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("only what may pass is asked again") {
  CHECK(is_transient(503, "SlowDown"));
  CHECK(is_transient(429, ""));
  CHECK(is_transient(200, "InternalError"));  // a Complete that failed after its headers
  CHECK(!is_transient(501, "NotImplemented"));
  CHECK(!is_transient(403, "AccessDenied"));
  CHECK(!is_transient(404, "NoSuchKey"));
}

TEST_CASE("Retry-After is a number of seconds or a date") {
  constexpr int64_t kNow = 1369353600000;  // Fri, 24 May 2013 00:00:00 GMT
  CHECK(retry_after({{"retry-after", "3"}}, kNow) == 3.0);
  CHECK(retry_after({{"retry-after", "Fri, 24 May 2013 00:00:07 GMT"}}, kNow) == 7.0);
  CHECK(retry_after({{"retry-after", "9999"}}, kNow) == 9999.0);
  CHECK(retry_after({{"retry-after", "1e308"}}, kNow) == 1e9);
  CHECK(retry_after({{"retry-after", "-1"}}, kNow) == 0.0);
  CHECK(retry_after({{"retry-after", "soon"}}, kNow) == std::nullopt);
  CHECK(retry_after({}, kNow) == std::nullopt);
}

TEST_CASE("a store that never answered is given up soon") {
  CHECK(tries_worth(true, Exit::network) > tries_worth(false, Exit::network));
  CHECK(tries_worth(false, Exit::timeout) < tries_worth(false, Exit::network));  // each takes seconds
}

TEST_CASE("a store in trouble is asked less and less, and successes pay for more") {
  RetryBudget budget(1);
  int affordable = 0;
  while (budget.take()) ++affordable;
  CHECK(affordable == 250);
  budget.give();
  CHECK(!budget.take());
  budget.give();
  CHECK(budget.take());
}

TEST_CASE("pauses are drawn from a window that doubles up to twenty seconds") {
  RetryBudget budget(7);
  for (int number : {1, 3, 30}) {
    const double window = number == 30 ? 20.0 : 0.05 * (1 << number);
    double longest = 0;
    for (int k = 0; k < 200; ++k) longest = std::max(longest, budget.pause(number));
    CAPTURE(number);
    CHECK(longest <= window);
    CHECK(longest > window / 2);
  }
}
