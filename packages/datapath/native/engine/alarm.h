// One deadline of one object in the timer queue, without piling up entries.
#pragma once

#include "engine/timer_queue.h"

namespace srwan {

class Alarm {
 public:
  // Wakes at `when` or, where it was armed for an earlier time, then.
  void arm(TimerQueue& timers, Nanos when, TimerKind kind, std::uint32_t key) {
    if (when >= at_) return;
    at_ = when;
    timers.schedule(when, kind, key);
  }

  // @returns whether the fired timer is this alarm's; it is then disarmed
  bool fired(Nanos at) {
    if (at != at_) return false;
    at_ = NEVER;
    return true;
  }

 private:
  Nanos at_ = NEVER;
};

}  // namespace srwan
