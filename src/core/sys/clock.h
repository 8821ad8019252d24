#pragma once

#include <cstdint>
#include <string>

namespace mlctl::sys {

// Time through an interface: tests step it by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual double monotonic() const;     // seconds from an arbitrary start
  virtual int64_t unix_millis() const;  // wall clock
  virtual void sleep(double seconds);
};

std::string rfc3339(int64_t unix_millis);  // "2026-01-31T12:00:00.123Z"

}  // namespace mlctl::sys
