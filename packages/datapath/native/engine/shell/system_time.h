// The machine's own clocks.
#pragma once

#include <ctime>

#include "engine/time_source.h"

namespace srwan {

inline Nanos readClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<Nanos>(time.tv_sec) * SECOND + time.tv_nsec;
}

class SystemTime final : public TimeSource {
 public:
  Nanos raw() override { return readClock(CLOCK_MONOTONIC_RAW); }
  Nanos monotonic() override { return readClock(CLOCK_MONOTONIC); }
  Nanos boottime() override { return readClock(CLOCK_BOOTTIME); }
};

}  // namespace srwan
