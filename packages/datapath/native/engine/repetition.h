// When a control message that was not answered is sent again.
#pragma once

#include "engine/basic_types.h"

namespace srwan {

// After 0.5 s, doubling, five times.
struct Repetition {
  static constexpr Nanos FIRST_WAIT = 500 * MILLISECOND;
  static constexpr std::uint8_t MAX_REPEATS = 5;
  // Without a direct answer for this long a repetition also goes through a relay.
  static constexpr Nanos RELAY_AFTER = SECOND;
  // After the last repetition it begins again, as long as it is wanted.
  static constexpr Nanos PAUSE = 10 * SECOND;

  bool outstanding = false;
  std::uint8_t repeats = 0;
  Nanos first = 0;
  Nanos next = NEVER;

  void begin(Nanos now) {
    outstanding = true;
    repeats = 0;
    first = now;
    next = now + FIRST_WAIT;
  }

  // Steps one that is due. @returns false where it has been repeated often enough and pauses now
  bool advance(Nanos now) {
    if (repeats >= MAX_REPEATS) {
      outstanding = false;
      next = now + PAUSE;
      return false;
    }
    ++repeats;
    next = now + (FIRST_WAIT << repeats);
    return true;
  }

  // It was refused.
  void pause(Nanos now) {
    outstanding = false;
    next = now + PAUSE;
  }

  bool relayed(Nanos now) const { return now - first >= RELAY_AFTER; }
};

}  // namespace srwan
