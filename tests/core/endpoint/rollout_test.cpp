#include "core/endpoint/rollout.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mlctl;
using namespace mlctl::serve;

namespace {

// Numbers its workers 1, 2, …; remembers what it was told.
class FakePool : public WorkerPool {
 public:
  Result<int> start(int64_t revision) override {
    if (broken) return fail(Exit::failed, "cannot start");
    log.push_back("start r" + std::to_string(revision));
    return ++last;
  }
  void stop(int worker) override { log.push_back("stop " + std::to_string(worker)); }
  void kill(int worker) override { log.push_back("kill " + std::to_string(worker)); }
  std::vector<std::string> log;
  int last = 0;
  bool broken = false;
};

struct Fixture {
  FakePool pool;
  Rollout rollout{pool, {}};
};

using Log = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the old revision is stopped only after all of the new one's workers are ready") {
  rollout.want(1, 1, 1, 0);
  CHECK(rollout.state() == std::string("starting"));
  rollout.on_ready(1, 1);
  CHECK(rollout.state() == std::string("ready"));
  CHECK(rollout.observed() == 1);
  rollout.want(2, 2, 2, 2);
  rollout.on_ready(2, 3);
  CHECK(pool.log == Log{"start r1", "start r2", "start r2"});
  CHECK(rollout.revision() == 1);
  rollout.on_ready(3, 4);
  CHECK(pool.log.back() == "stop 1");
  CHECK(rollout.revision() == 2);
  rollout.on_exit(1, {"exit 0"}, 5);
  CHECK(rollout.observed() == 2);
  CHECK(rollout.slots().size() == 2);
  CHECK(rollout.restarts() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a revision is done only when no old worker accepts connections any more") {
  rollout.want(1, 1, 2, 0);
  rollout.on_ready(1, 1);
  rollout.on_ready(2, 1);
  rollout.want(2, 2, 1, 2);
  rollout.on_ready(3, 3);
  CHECK(rollout.revision() == 2);
  CHECK(rollout.observed() == 1);
  rollout.on_closed(1);
  CHECK(rollout.observed() == 1);
  SUBCASE("it said so") {
    rollout.on_closed(2);
  }
  SUBCASE("it ended") {
    rollout.on_exit(2, {"signal 9"}, 4);
  }
  CHECK(rollout.observed() == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "a revision is given up only when none of its workers accepts connections any more") {
  rollout.want(1, 1, 1, 0);
  rollout.on_ready(1, 1);
  rollout.want(2, 2, 3, 2);
  rollout.on_ready(2, 3);
  rollout.on_exit(4, {"exit 7"}, 4);  // 3 was never ready: nobody waits for it
  CHECK(rollout.observed() == 1);
  rollout.on_closed(2);
  CHECK(rollout.observed() == 2);
  CHECK(rollout.message() == "exit 7");
}

TEST_CASE_FIXTURE(Fixture, "a revision whose worker ends before it is ready is given up, the old one stays") {
  rollout.want(1, 1, 1, 0);
  rollout.on_ready(1, 1);
  rollout.want(2, 2, 2, 2);
  rollout.on_exit(2, {"exit 12: no libtorch", Exit::resource}, 3);
  CHECK(rollout.observed() == 2);
  CHECK(rollout.revision() == 1);
  CHECK(rollout.message() == "exit 12: no libtorch");
  CHECK(rollout.cause() == Exit::resource);
  CHECK(rollout.state() == std::string("ready"));
  CHECK(pool.log.back() == "stop 3");
}

TEST_CASE_FIXTURE(Fixture, "a revision that is not ready in time is given up and says so") {
  rollout.want(1, 1, 1, 0);
  rollout.tick(120);
  CHECK(rollout.observed() == 0);
  rollout.tick(121);
  CHECK(rollout.observed() == 1);
  CHECK(rollout.cause() == Exit::timeout);
  CHECK(rollout.state() == std::string("failed"));
  rollout.tick(140);
  CHECK(pool.log.back() == "stop 1");
  rollout.tick(152);
  CHECK(pool.log.back() == "kill 1");
  rollout.on_exit(1, {"signal 9"}, 153);
  CHECK(rollout.finished());
}

TEST_CASE_FIXTURE(Fixture, "a crashed worker is started again, later with each crash in a row") {
  rollout.want(1, 1, 1, 0);
  rollout.on_ready(1, 1);
  double now = 2;
  for (const double wait : {0.25, 0.5, 1.0, 2.0}) {
    rollout.on_exit(pool.last, {"signal 9"}, now);
    CHECK(rollout.state() == std::string("degraded"));
    const size_t before = pool.log.size();
    rollout.tick(now + wait - 0.01);
    CHECK(pool.log.size() == before);
    rollout.tick(now + wait + 0.01);
    CHECK(pool.log.size() == before + 1);
    now += 10;
    rollout.on_ready(pool.last, now);
  }
  CHECK(rollout.restarts() == 4);
  rollout.on_exit(pool.last, {"signal 9"}, now + 61);  // after a calm minute it begins anew
  rollout.tick(now + 61.3);
  CHECK(rollout.slots().front().worker == pool.last);
  CHECK(rollout.slots().front().failures == 1);
}

TEST_CASE_FIXTURE(Fixture, "a newer wish replaces one that is still starting") {
  rollout.want(1, 1, 1, 0);
  rollout.want(2, 2, 1, 1);
  CHECK(pool.log == Log{"start r1", "stop 1", "start r2"});
  rollout.on_ready(1, 2);  // too late
  CHECK(rollout.revision() == 0);
  rollout.on_ready(2, 3);
  CHECK(rollout.revision() == 2);
}

TEST_CASE_FIXTURE(Fixture, "stopping lets workers finish, and nothing starts any more") {
  rollout.want(1, 1, 2, 0);
  rollout.on_ready(1, 1);
  rollout.on_ready(2, 1);
  rollout.on_exit(2, {"signal 9"}, 2);
  rollout.stop_all(3);
  CHECK(pool.log.back() == "stop 1");
  rollout.want(2, 2, 1, 4);
  rollout.tick(5);
  CHECK_FALSE(rollout.finished());
  rollout.on_exit(1, {"exit 0"}, 6);
  CHECK(rollout.finished());
  CHECK(pool.last == 2);
}

TEST_CASE_FIXTURE(Fixture, "a worker that cannot be started at all is a revision given up") {
  pool.broken = true;
  rollout.want(1, 1, 1, 0);
  CHECK(rollout.observed() == 1);
  CHECK(rollout.message() == "cannot start");
  CHECK(rollout.finished());
}
