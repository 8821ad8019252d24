#include "core/base/read_ahead.h"

#include <atomic>

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

// Things that are their numbers; remembers the most that was held at once.
struct Shelf {
  std::mutex mutex;
  std::vector<size_t> claimed;
  std::atomic<uint64_t> held{0}, most{0};
  std::atomic<size_t> room{1000};  // things that fit at once

  struct Thing {
    size_t number = 0;
    std::shared_ptr<void> counted;
  };
  Thing thing(size_t k) {
    const uint64_t now = ++held;
    uint64_t seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    return {k, std::shared_ptr<void>(nullptr, [this](void*) { --held; })};
  }
  AheadPlan<Thing> plan(size_t count, uint64_t bound, size_t threads) {
    AheadPlan<Thing> made;
    made.sizes.assign(count, 10);
    made.bound = bound;
    made.threads = threads;
    made.claim = [this](size_t k, uint64_t under_way) -> Result<std::optional<Thing>> {
      if (held + under_way / 10 >= room) return fail(Exit::resource, "no room");
      const std::lock_guard hold(mutex);
      claimed.push_back(k);
      return std::optional<Thing>();
    };
    made.fetch = [this](size_t k, const std::function<bool()>&) -> Result<Thing> { return thing(k); };
    return made;
  }
};

std::vector<size_t> read_all(ReadAhead<Shelf::Thing>& ahead, size_t count) {
  std::vector<size_t> numbers;
  for (size_t k = 0; k < count; ++k) numbers.push_back(ahead.next().value()->number);
  return numbers;
}

const std::vector<size_t> kInOrder = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

}  // namespace

TEST_CASE("things come, and are claimed, in order, whoever fetches them") {
  for (const size_t threads : {1, 2, 7}) {
    Shelf shelf;
    ReadAhead<Shelf::Thing> ahead(shelf.plan(10, 1000, threads));
    CHECK(read_all(ahead, 10) == kInOrder);
    CHECK(shelf.claimed == kInOrder);
  }
}

TEST_CASE("no more is held than the bound, whatever the number of threads; one thing always is") {
  for (const auto& [bound, most] : {std::pair<uint64_t, uint64_t>{30, 3}, {25, 2}, {9, 1}}) {
    Shelf shelf;
    ReadAhead<Shelf::Thing> ahead(shelf.plan(10, bound, 4));
    CHECK(read_all(ahead, 10) == kInOrder);
    CHECK(shelf.most <= most);
  }
}

TEST_CASE("what has no room waits until the reader lets go of something") {
  Shelf shelf;
  shelf.room = 2;
  ReadAhead<Shelf::Thing> ahead(shelf.plan(10, 1000, 3));
  CHECK(read_all(ahead, 10) == kInOrder);
  CHECK(shelf.most <= 2);
}

TEST_CASE("what has no room even alone is an error") {
  Shelf shelf;
  shelf.room = 0;
  ReadAhead<Shelf::Thing> ahead(shelf.plan(3, 1000, 2));
  const auto refused = ahead.next();
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::resource);
}

TEST_CASE("what is there already is not fetched") {
  Shelf shelf;
  auto plan = shelf.plan(3, 1000, 2);
  plan.claim = [&](size_t k, uint64_t) -> Result<std::optional<Shelf::Thing>> { return shelf.thing(k); };
  plan.fetch = [](size_t, const std::function<bool()>&) -> Result<Shelf::Thing> {
    return fail(Exit::failed, "fetched");
  };
  ReadAhead<Shelf::Thing> ahead(std::move(plan));
  CHECK(read_all(ahead, 3) == std::vector<size_t>{0, 1, 2});
}

TEST_CASE("an error comes where its thing would, and nothing after it is begun") {
  Shelf shelf;
  auto plan = shelf.plan(100, 1000, 2);
  plan.fetch = [&](size_t k, const std::function<bool()>&) -> Result<Shelf::Thing> {
    if (k == 2) return fail(Exit::network, "lost");
    return shelf.thing(k);
  };
  ReadAhead<Shelf::Thing> ahead(std::move(plan));
  CHECK(ahead.next().value()->number == 0);
  CHECK(ahead.next().value()->number == 1);
  CHECK(ahead.next().error().code == Exit::network);
}

TEST_CASE("a reader that leaves early tells the fetches") {
  Shelf shelf;
  auto plan = shelf.plan(3, 1000, 2);
  plan.fetch = [&](size_t k, const std::function<bool()>& closed) -> Result<Shelf::Thing> {
    while (k > 0 && !closed()) std::this_thread::yield();
    return shelf.thing(k);
  };
  ReadAhead<Shelf::Thing> ahead(std::move(plan));
  CHECK(ahead.next().value()->number == 0);
}
