// One SR policy (headend, color, endpoint) as it runs.
#pragma once

#include <deque>

#include "engine/engine_config.h"
#include "engine/session_paths.h"

namespace srwan {

// Slots of a session, one per direction; NO_SLOT = none.
struct SlotPair {
  std::int32_t forward = NO_SLOT;
  std::int32_t reverse = NO_SLOT;

  bool complete() const { return forward != NO_SLOT && reverse != NO_SLOT; }
  bool operator==(const SlotPair&) const = default;
};

struct ListPair {
  SegmentPath forward;
  SegmentPath reverse;

  bool operator==(const ListPair&) const = default;
};

struct PolicyLiveness {
  bool running = false;
  Alarm alarm;
  struct Pair {
    bool pending = false;
    bool lastAnswered = false;
    std::uint32_t misses = 0;
    std::uint32_t sequence = 0;
  };
  Pair active;
  Pair standby;
  // The next requests over the active pair tell the egress to follow.
  bool announce = false;
};

// When a lane last carried a packet of the policy; long before the clock began where it never did.
struct alignas(64) LaneTime {
  Nanos at = -(NEVER / 2);
};

struct Policy {
  static constexpr std::size_t MAX_WAITING = 32;

  std::int32_t index = -1;
  std::int32_t peer = -1;
  PolicyConfig config;

  // What is wanted; the datapath may have swapped them since the config came.
  ListPair desired;
  std::optional<ListPair> standbyLists;

  // Session that the slots below belong to.
  std::uint32_t session = 0;
  SlotPair active;
  SlotPair standby;
  // Pair that is being moved to, until the egress has answered.
  SlotPair target;
  // What the egress was last told.
  std::uint8_t announcedActive = NO_PATH;
  std::uint8_t announcedStandby = NO_PATH;
  bool announced = false;

  // When packets that wait for the wanted pair take another one.
  Alarm awaitPair;
  // Packets that wait for the session to open.
  std::deque<std::vector<std::uint8_t>> waiting;

  // By lane; read by the one that is alone.
  std::array<LaneTime, MAX_LANES> dataAt;
  Nanos lastData() const {
    Nanos last = dataAt[0].at;
    for (const LaneTime& lane : dataAt) last = std::max(last, lane.at);
    return last;
  }
  Nanos lastDemand = -(NEVER / 2);
  PolicyLiveness liveness;
};

}  // namespace srwan
