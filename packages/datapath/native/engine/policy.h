// One SR policy (headend, color, endpoint) as it runs.
#pragma once

#include <deque>

#include "engine/data_feedback.h"
#include "engine/engine_config.h"
#include "engine/liveness_evidence.h"
#include "engine/round_trip_estimate.h"
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

// What is known of a policy's two pairs, and what is being found out.
struct PolicyLiveness {
  bool running = false;
  // No data for a second: the next packet hastens the probes, by the lane that is alone.
  bool slow = false;
  Alarm alarm;
  // The next requests over the active pair tell the egress to follow.
  bool announce = false;

  RoundTripEstimate activeTrip;
  RoundTripEstimate standbyTrip;
  LivenessEvidence evidence;
  DataFeedback feedback;
  // When what has been sent is noted once more, a little after a probe.
  Nanos nextMark = NEVER;
  Nanos nextActive = 0;
  Nanos nextStandby = 0;
  // When the active pair was last heard of.
  Nanos lastProof = 0;
  // Share of the active pair's probes that were lost of late, 0 to 1.
  double loss = 0;

  // When the probe was sent whose answer is missing; NEVER = the active pair is not in doubt.
  Nanos suspectSince = NEVER;
  Nanos mayDecide = 0;
  // It began soon after a switch: two bursts decide.
  bool wary = false;
  // Silent probes that make a list dead, by the loss before the doubt.
  std::uint32_t needed = 0;
  std::uint32_t round = 0;
  std::uint32_t burstLeft = 0;
  Nanos nextBurst = NEVER;
  // When everything the burst sent has been answered or missed.
  Nanos roundEnds = NEVER;
  Nanos reopenAt = NEVER;
  bool failureTold = false;

  // Regular standby probes in a row: answered, missed.
  std::uint32_t standbyAnswered = 0;
  std::uint32_t standbyMissed = 0;
  // The standby was left as dead and has not yet answered steadily.
  bool standbyProving = false;

  // The lists left by the last switch, and how long another one is hard to get.
  std::optional<ListPair> left;
  Nanos switchedAt = 0;
  Nanos hold = 0;

  bool suspects() const { return suspectSince != NEVER; }
  // The active pair is beyond doubt again.
  void trust() {
    suspectSince = NEVER;
    nextBurst = roundEnds = reopenAt = NEVER;
    round = burstLeft = 0;
    failureTold = wary = false;
  }
  // The active pair is another one from now on: nothing that was found out counts.
  void restart() {
    evidence.clear();
    feedback.clear();
    nextMark = NEVER;
    trust();
    activeTrip = standbyTrip = {};
    nextActive = nextStandby = lastProof = 0;
    standbyAnswered = standbyMissed = 0;
    standbyProving = false;
    announce = false;
  }
  void restartStandby() {
    evidence.forgetStandby();
    standbyTrip = {};
    nextStandby = 0;
    standbyAnswered = standbyMissed = 0;
    standbyProving = false;
  }
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
  // Next look at its paths' MTUs.
  Alarm mtuAlarm;
  // The session is open, and in some direction no list carries the base MTU.
  bool tooNarrow = false;
  PolicyLiveness liveness;
};

}  // namespace srwan
