#include "core/base/unforeseen.h"

#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

#include <doctest/doctest.h>

#include "core/base/in_order.h"
#include "core/base/read_ahead.h"

using namespace mlctl;

TEST_CASE("an exception is an error with the documented exit code and a sentence") {
  const auto caught = [](auto thrown) {
    return guarded([&]() -> Result<> { throw thrown; }, "predict").error();
  };
  CHECK(caught(std::bad_alloc()).code == Exit::resource);
  CHECK(caught(std::bad_alloc()).message == "there is not enough memory");
  const Error thread = caught(std::system_error(EAGAIN, std::generic_category()));
  CHECK(thread.code == Exit::resource);
  CHECK(thread.message.starts_with("cannot start a thread: "));
  CHECK(caught(std::system_error(ENOMEM, std::generic_category())).code == Exit::resource);
  for (const Error& fault : {caught(std::out_of_range("basic_string::substr")), caught(5)}) {
    CHECK(fault.code == Exit::failed);
    CHECK(fault.message.starts_with("something unforeseen happened: "));
    CHECK(fault.hint.find("report") != std::string::npos);
    CHECK(fault.hint.find("predict") != std::string::npos);
  }
}

TEST_CASE("what a thread throws is thrown where its result is waited for") {
  const auto fails = [](size_t i) -> Result<> {
    if (i == 5) throw std::bad_alloc();
    return {};
  };
  CHECK_THROWS_AS((void)in_parallel(20, 4, fails), std::bad_alloc);

  Ordered<int, int> ordered(
      3, [](int&) -> int { throw std::runtime_error("no"); }, [](int&) -> Result<> { return {}; });
  CHECK_THROWS_AS(
      [&] {
        (void)ordered.push(1);
        (void)ordered.finish();
      }(),
      std::runtime_error);

  AheadPlan<int> plan;
  plan.sizes = {1, 1, 1, 1};
  plan.bound = 2;
  plan.threads = 2;
  plan.claim = [](size_t, uint64_t) -> Result<std::optional<int>> { return std::optional<int>(); };
  plan.fetch = [](size_t k, const std::function<bool()>&) -> Result<int> {
    if (k == 1) throw std::bad_alloc();
    return static_cast<int>(k);
  };
  ReadAhead<int> ahead(std::move(plan));
  CHECK_THROWS_AS(
      [&] {
        for (int k = 0; k < 4; ++k) (void)ahead.next();
      }(),
      std::bad_alloc);
}

TEST_CASE("the first failure of parallel work is its outcome, and it ends") {
  std::atomic<size_t> begun{0};
  const Result<> done = in_parallel(100000, 4, [&](size_t) -> Result<> {
    ++begun;
    return fail(Exit::data, "bad");
  });
  REQUIRE(!done);
  CHECK(done.error().message == "bad");
  CHECK(begun <= 4);
  CHECK(in_parallel(0, 4, [](size_t) -> Result<> { return fail(Exit::data, "none"); }));
}
