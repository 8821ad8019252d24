#include "core/train/schedule.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("schedule: the rate at chosen steps") {
  const Course course{10, 10};  // 100 steps
  const auto spec = [](ScheduleKind kind, double warmup = 0) {
    ScheduleSpec out;
    out.kind = kind;
    out.warmup_epochs = warmup;
    out.step_epochs = 2;
    out.gamma = 0.5;
    return out;
  };
  const struct {
    const char* what;
    ScheduleSpec schedule;
    int64_t step;
    double rate;
  } cases[] = {{"constant", spec(ScheduleKind::constant), 99, 1},
               {"step before the drop", spec(ScheduleKind::step), 19, 1},
               {"step after it", spec(ScheduleKind::step), 20, 0.5},
               {"step twice", spec(ScheduleKind::step), 45, 0.25},
               {"cosine begins", spec(ScheduleKind::cosine), 0, 1},
               {"cosine half way", spec(ScheduleKind::cosine), 50, 0.5},
               {"cosine ends", spec(ScheduleKind::cosine), 100, 0},
               {"warm-up's first step", spec(ScheduleKind::warmup, 1), 0, 0.1},
               {"warm-up is over", spec(ScheduleKind::warmup, 1), 10, 1},
               {"warm-up, then cosine", spec(ScheduleKind::cosine, 1), 10, 1},
               {"warm-up, then half the cosine", spec(ScheduleKind::cosine, 1), 55, 0.5},
               {"one-cycle begins low", spec(ScheduleKind::onecycle), 0, 1.0 / 25},
               {"one-cycle's peak", spec(ScheduleKind::onecycle), 30, 1},
               {"one-cycle ends lower", spec(ScheduleKind::onecycle), 100, 1.0 / 250000}};
  for (const auto& each : cases) {
    CAPTURE(each.what);
    CHECK(learning_rate(each.schedule, 1, course, each.step) == doctest::Approx(each.rate));
  }
  CHECK(learning_rate(spec(ScheduleKind::plateau), 2, course, 5, 0.1) == doctest::Approx(0.2));
}
