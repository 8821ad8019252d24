#include <doctest/doctest.h>

#include <deque>

#include "cloud/credentials/source.h"
#include "fakes/fake_clock.h"

using namespace mlctl;

namespace {

class Scripted : public CredentialsSource {
 public:
  Scripted(std::deque<Result<Credentials>> answers, int& asked)
      : answers_(std::move(answers)), asked_(asked) {}
  Result<Credentials> load() override {
    ++asked_;
    const Result<Credentials> answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return answer;
  }

 private:
  std::deque<Result<Credentials>> answers_;
  int& asked_;
};

struct Fixture {
  test::FakeClock clock;
  int asked = 0;
  std::unique_ptr<CredentialsCache> cache;

  Credentials keys(const char* id, int64_t seconds) const {
    return {id, "secret", "token", seconds == 0 ? 0 : clock.unix_millis() + seconds * 1000, "test"};
  }
  void script(std::deque<Result<Credentials>> answers) {
    cache = std::make_unique<CredentialsCache>(std::make_unique<Scripted>(std::move(answers), asked), clock);
  }
  std::string id() {
    const Result<Credentials> got = cache->get();
    return got ? got->id : "none";
  }
};

const Result<Credentials> kDown = fail(Exit::network, "down");

}  // namespace

TEST_CASE_FIXTURE(Fixture, "keys that never expire are asked for once") {
  script({keys("a", 0), keys("b", 0)});
  CHECK(id() == "a");
  clock.advance(1e8);
  CHECK(id() == "a");
  CHECK(asked == 1);
}

TEST_CASE_FIXTURE(Fixture, "keys are asked for again five minutes before they expire") {
  script({keys("a", 3600), keys("b", 7200)});
  CHECK(id() == "a");
  clock.advance(3600 - 301);
  CHECK(id() == "a");
  clock.advance(2);
  CHECK(id() == "b");
  CHECK(asked == 2);
}

TEST_CASE_FIXTURE(Fixture, "keys that live for minutes are asked for again after half their time") {
  script({keys("a", 120), keys("b", 240)});
  CHECK(id() == "a");
  clock.advance(59);
  CHECK(id() == "a");
  clock.advance(2);
  CHECK(id() == "b");
}

TEST_CASE_FIXTURE(Fixture, "while newer keys cannot be had, the old ones serve until they expire") {
  script({keys("a", 3600), kDown});
  CHECK(id() == "a");
  clock.advance(3600 - 200);
  for (int at = 0; at < 3; ++at) CHECK(id() == "a");
  CHECK(asked == 2);  // not with every request
  clock.advance(31);
  CHECK(id() == "a");
  CHECK(asked == 3);
  clock.advance(200);
  CHECK(cache->get().error().message == "down");
}

TEST_CASE_FIXTURE(Fixture, "a failure is not kept, and forgotten keys are asked for again") {
  script({kDown, keys("a", 0), keys("b", 0)});
  CHECK(id() == "none");
  CHECK(id() == "a");
  cache->forget();
  CHECK(id() == "b");
}
