#include "core/endpoint/rollout.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::serve {

using Phase = Rollout::Slot::Phase;

Rollout::Slot* Rollout::find(int worker) {
  const auto found =
      std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.worker == worker; });
  return found == slots_.end() ? nullptr : &*found;
}

void Rollout::start(Slot& slot, double now) {
  const Result<int> worker = pool_->start(slot.revision);
  slot.worker = worker.value_or(0);
  slot.ready = slot.accepts = false;
  slot.since = now;
  if (worker) return;
  if (slot.phase == Phase::serving) {
    crashed(slot, now);
  } else {
    message_ = worker.error().message;
    cause_ = worker.error().code;
  }
}

void Rollout::drain(Slot& slot, double now) {
  if (slot.phase == Phase::draining) return;
  slot.phase = Phase::draining;
  slot.since = now;
  if (slot.worker != 0) pool_->stop(slot.worker);
}

void Rollout::want(int64_t generation, int64_t revision, int64_t replicas, double now) {
  if (generation == wanted_ || stopping_) return;
  wanted_ = generation;
  message_.clear();
  cause_ = Exit::failed;
  for (Slot& slot : slots_) {
    if (slot.phase == Phase::candidate) drain(slot, now);
  }
  for (int64_t at = 0; at < std::max<int64_t>(1, replicas); ++at) {
    Slot slot;
    slot.revision = revision;
    start(slot, now);
    slots_.push_back(slot);
    if (slot.worker == 0) return give_up({message_, cause_}, now);
  }
}

void Rollout::on_ready(int worker, double now) {
  Slot* const slot = find(worker);
  if (slot == nullptr) return;
  slot->ready = slot->accepts = true;
  slot->since = now;
  if (slot->phase == Phase::candidate) promote(now);
}

void Rollout::promote(double now) {
  const bool waiting = std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.phase == Phase::candidate && !slot.ready;
  });
  if (waiting) return;
  for (Slot& slot : slots_) {
    if (slot.phase == Phase::serving) drain(slot, now);
    if (slot.phase == Phase::candidate) {
      slot.phase = Phase::serving;
      revision_ = slot.revision;
    }
  }
  std::erase_if(slots_, [](const Slot& slot) { return slot.worker == 0 && slot.phase == Phase::draining; });
  decided_ = wanted_;
  settle();
}

void Rollout::settle() {
  const bool closing = std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.phase == Phase::draining && slot.accepts;
  });
  if (!closing) observed_ = decided_;
}

void Rollout::give_up(const WorkerEnd& why, double now) {
  for (Slot& slot : slots_) {
    if (slot.phase == Phase::candidate) drain(slot, now);
  }
  std::erase_if(slots_, [](const Slot& slot) { return slot.worker == 0 && slot.phase == Phase::draining; });
  message_ = why.how;
  cause_ = why.cause;
  decided_ = wanted_;
  settle();
}

void Rollout::crashed(Slot& slot, double now) {
  slot.worker = 0;
  slot.ready = slot.accepts = false;
  const double wait = std::min(limits_.last_backoff, limits_.first_backoff * std::pow(2, slot.failures));
  slot.retry_at = now + wait;
  ++slot.failures;
  ++restarts_;
}

void Rollout::on_exit(int worker, const WorkerEnd& end, double now) {
  Slot* const slot = find(worker);
  if (slot == nullptr) return;
  const Phase phase = slot->phase;
  if (phase == Phase::serving) {
    if (slot->ready && now - slot->since > limits_.calm_seconds) slot->failures = 0;
    return crashed(*slot, now);
  }
  slots_.erase(slots_.begin() + (slot - slots_.data()));
  if (phase == Phase::candidate) return give_up(end, now);
  settle();
}

void Rollout::on_closed(int worker) {
  Slot* const slot = find(worker);
  if (slot == nullptr) return;
  slot->accepts = false;
  settle();
}

void Rollout::tick(double now) {
  bool late = false;
  for (Slot& slot : slots_) {
    const double age = now - slot.since;
    if (slot.phase == Phase::draining) {
      if (age > limits_.drain_seconds) pool_->kill(slot.worker);
    } else if (slot.worker == 0) {
      if (now >= slot.retry_at) start(slot, now);
    } else if (!slot.ready && age > limits_.ready_seconds) {
      if (slot.phase == Phase::serving) pool_->kill(slot.worker);  // its exit is a crash like any other
      late |= slot.phase == Phase::candidate;
    }
  }
  if (late) give_up({"not ready within " + human_duration(limits_.ready_seconds), Exit::timeout}, now);
}

void Rollout::stop_all(double now) {
  stopping_ = true;
  for (Slot& slot : slots_) drain(slot, now);
  std::erase_if(slots_, [](const Slot& slot) { return slot.worker == 0; });
}

const char* Rollout::state() const {
  size_t serving = 0, ready = 0;
  for (const Slot& slot : slots_) {
    serving += slot.phase == Phase::serving ? 1 : 0;
    ready += slot.phase == Phase::serving && slot.ready ? 1 : 0;
  }
  if (serving == 0) return wanted_ != decided_ ? "starting" : "failed";
  return ready == serving ? "ready" : "degraded";
}

}  // namespace mlctl::serve
