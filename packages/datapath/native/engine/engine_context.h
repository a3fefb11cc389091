// What all concepts of the engine share. Lanes that run beside each other only read it; what is written here is
// written by the one that is alone.
#pragma once

#include "engine/ended_sessions.h"
#include "engine/lane.h"
#include "engine/measuring_clock.h"
#include "engine/peer_table.h"
#include "engine/prefix_table.h"
#include "engine/timer_queue.h"

namespace srwan {

struct EngineContext {
  EngineInit init;
  KeyPair& keys;
  RandomSource& random;
  MeasuringClock& clock;
  // Never moved: lanes are referred to.
  std::vector<Lane> lanes;

  std::uint8_t ownKeyId = 0;
  Digest ownMac1Key{};
  PeerTable peers;
  PrefixTable prefixes;
  TimerQueue timers;
  bool transit = false;
  // This node's own in the overlay; errors about IPv6 packets come from here.
  std::optional<IpAddress> overlayAddress{};
  // The lane that is alone now, and its time.
  Lane* lane = nullptr;
  Nanos now = 0;
  Nanos arrival = 0;
  // Sessions that JavaScript has not accounted for yet.
  EndedSessions ended = {};

  void enter(Lane& alone) {
    lane = &alone;
    now = alone.now;
    arrival = alone.arrival;
  }
  void drop(Counter counter) { lane->drop(counter); }
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
