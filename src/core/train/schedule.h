#pragma once
// The learning rate as a pure function of the step, so that a resumed training draws the same one.

#include <cstdint>

#include "core/train/spec.h"

namespace mlctl {

struct Course {
  int64_t steps_per_epoch = 1, epochs = 1;
};

// `plateau` is the factor that plateau_scale has reached; 1 for the other schedules. Warm-up is linear and
// comes before the schedule's own course. One-cycle is torch's OneCycleLR (30 % up from lr/25, cosine down to
// lr/250000).
double learning_rate(const ScheduleSpec& schedule, double base, const Course& course, int64_t step,
                     double plateau = 1);

}  // namespace mlctl
