#include "core/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mlctl {

namespace {

double cosine(double from, double to, double progress) {
  return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

double one_cycle(double peak, double progress) {
  constexpr double kRise = 0.3, kStartDivisor = 25, kEndDivisor = 25 * 1e4;
  if (progress < kRise) return cosine(peak / kStartDivisor, peak, progress / kRise);
  return cosine(peak, peak / kEndDivisor, (progress - kRise) / (1 - kRise));
}

}  // namespace

double learning_rate(const ScheduleSpec& schedule, double base, const Course& course, int64_t step,
                     double plateau) {
  const auto per_epoch = static_cast<double>(course.steps_per_epoch);
  const double total = per_epoch * static_cast<double>(course.epochs);
  const double warmup = std::min(std::floor(schedule.warmup_epochs * per_epoch), total);
  const auto at = static_cast<double>(step);
  if (at < warmup) return base * (at + 1) / warmup;
  const double progress = std::min(1.0, (at - warmup) / std::max(1.0, total - warmup));
  switch (schedule.kind) {
    case ScheduleKind::constant:
    case ScheduleKind::warmup:
      return base;
    case ScheduleKind::step:
      return base * std::pow(schedule.gamma, std::floor((at - warmup) / per_epoch / schedule.step_epochs));
    case ScheduleKind::cosine:
      return cosine(base, schedule.min_rate, progress);
    case ScheduleKind::onecycle:
      return one_cycle(base, progress);
    case ScheduleKind::plateau:
      return base * plateau;
  }
  return base;
}

}  // namespace mlctl
