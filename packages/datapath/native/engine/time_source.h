// The machine's clocks, injected.
#pragma once

#include "engine/basic_types.h"

namespace srwan {

class TimeSource {
 public:
  virtual ~TimeSource() = default;
  // CLOCK_MONOTONIC_RAW: not slewed by anybody.
  virtual Nanos raw() = 0;
  // CLOCK_MONOTONIC: what timers run on.
  virtual Nanos monotonic() = 0;
  // CLOCK_BOOTTIME: goes on while the machine sleeps.
  virtual Nanos boottime() = 0;
};

}  // namespace srwan
