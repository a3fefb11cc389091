// What all concepts of the engine share. One thread.
#pragma once

#include "engine/counters.h"
#include "engine/measuring_clock.h"
#include "engine/output.h"
#include "engine/peer_table.h"
#include "engine/prefix_table.h"
#include "engine/timer_queue.h"

namespace srwan {

struct EngineContext {
  EngineInit init;
  KeyPair& keys;
  Output& output;
  RandomSource& random;
  MeasuringClock& clock;
  Counters& counters;

  std::uint8_t ownKeyId = 0;
  Digest ownMac1Key{};
  PeerTable peers;
  PrefixTable prefixes;
  TimerQueue timers;
  bool transit = false;
  // Scheduling time of the call that is being served.
  Nanos now = 0;
  // Measuring clock when the datagram that is being served arrived.
  Nanos arrival = 0;

  void drop(Counter counter) { counters.add(counter); }
};

// 0 ≤ result < bound, uniform enough for jitter.
inline Nanos randomBelow(RandomSource& random, Nanos bound) {
  return bound <= 0 ? 0
                    : static_cast<Nanos>(
                          (static_cast<unsigned __int128>(random.next32()) * static_cast<std::uint64_t>(bound)) >> 32);
}

// value ± 10 %.
inline Nanos jittered(RandomSource& random, Nanos value) {
  return value - value / 10 + randomBelow(random, value / 5 + 1);
}

}  // namespace srwan
