// Whether the paths in use still answer: probes over the active and standby pair of each policy with data, a burst over
// all four combinations of their lists at the first miss, and the switch of the direction that is dead. Needs no word
// from the control plane. Arithmetic: protocol/liveness.md.
#pragma once

#include "engine/end_to_end_probes.h"
#include "engine/policy_router.h"

namespace srwan {

class Liveness {
 public:
  Liveness(EngineContext& context, IngressRole& ingress, PolicyRouter& router, PolicyTable& policies,
           EndToEndProbes& probes)
      : context_(context), ingress_(ingress), router_(router), policies_(policies), probes_(probes) {}

  void onTimer(std::uint32_t policy, Nanos at);
  void onReply(const OutstandingProbe& probe, const PathProbeReplyBody& reply);
  // An echo came over a reverse path of the policy's session. @param grown what it tells that was not known
  void onEcho(Policy& policy, const IngressSession& session, std::uint8_t cameOver, std::span<const EchoEntry> grown);

 private:
  // With data in the last second, and in the last ten.
  static constexpr Nanos FAST = 100 * MILLISECOND;
  static constexpr Nanos SLOW = SECOND;
  static constexpr Nanos FAST_AFTER_DATA = SECOND;
  static constexpr Nanos OFF_AFTER_DATA = 10 * SECOND;
  // At the first miss.
  static constexpr std::uint32_t BURST = 5;
  static constexpr Nanos BURST_SPACING = 20 * MILLISECOND;
  static constexpr Nanos ROUND_INTERVAL = SECOND;
  // No switch sooner after the first miss: a transit that stands still for a moment is not dead.
  static constexpr Nanos LEAST_DOUBT = 60 * MILLISECOND;
  // Where so many probes of late were lost but data passes, nor before three echoes could have come.
  static constexpr double PROBES_FAIL = 0.3;
  static constexpr Nanos PROBES_FAIL_DOUBT = 3 * ECHO_INTERVAL + 10 * MILLISECOND;
  // Who has just switched waits so long for the path in use, and for a second burst: short enough for a flow to stand
  // still for less than a second where paths do die in turns.
  static constexpr Nanos WARY_DOUBT = 400 * MILLISECOND;
  // A timer that comes later than this found a node that stood still: its socket is read before anybody is silent.
  static constexpr Nanos STALL = 30 * MILLISECOND;
  static constexpr Nanos STALL_GRACE = 20 * MILLISECOND;
  static constexpr Nanos UNKNOWN_TRIP = 300 * MILLISECOND;
  // How often a doubt may end in a switch although nothing is dead: once in this many.
  static constexpr double FALSE_SWITCH = 1e-6;
  static constexpr double LEAST_LOSS = 0.03;
  static constexpr std::uint32_t MAX_NEEDED = 10;
  // Probes over which the loss is averaged.
  static constexpr double LOSS_MEMORY = 64;
  // After a switch no other for this long, and wariness for as long; for twice as long each time that it goes back and
  // forth.
  static constexpr Nanos DWELL = 2 * SECOND;
  static constexpr Nanos MAX_DWELL = 60 * SECOND;
  static constexpr Nanos FLAP_WINDOW = 60 * SECOND;
  // Answers in a row by which a path that was left counts again, and misses by which a standby is dead.
  static constexpr std::uint32_t STEADY = 3;
  static constexpr std::uint32_t STANDBY_MISSES = 3;
  // A missing answer is waited for so much longer where an echo is due that may stand for it.
  static constexpr Nanos MAX_HOLD = 30 * MILLISECOND;
  // What has been sent is noted with each probe and so long after it: an echo's claim is told from losses by so much.
  static constexpr Nanos MARK_AFTER = 15 * MILLISECOND;
  // Probes are sent such that the echo which may stand for their answer comes when that is due: by how much sooner it
  // may come, and by how much a probe moves at most.
  static constexpr Nanos ECHO_EARLY = 2 * MILLISECOND;
  static constexpr Nanos PACE_STEP = 10 * MILLISECOND;
  // Nothing answers: the egress may have lost the session.
  static constexpr Nanos REOPEN = 6 * SECOND;

  void tick(Policy& policy, IngressSession& session);
  void probeRegularly(Policy& policy, IngressSession& session);
  void expire(Policy& policy, IngressSession& session);
  void suspect(Policy& policy, const LivenessProbe& missed);
  void burst(Policy& policy, IngressSession& session);
  void endRound(Policy& policy, IngressSession& session);
  void missStandby(Policy& policy, IngressSession& session);
  void decide(Policy& policy);
  void switchOver(Policy& policy, LivenessVerdict dead);
  void probe(Policy& policy, IngressSession& session, Combination combination);
  void keepPace(PolicyLiveness& state, Nanos echoAt);
  // Notes what has been sent over the active forward list.
  void mark(Policy& policy, IngressSession& session);
  // Puts the deadline off. @returns false where no echo is due that may stand for the answer
  bool awaitsEcho(const PolicyLiveness& state, LivenessProbe& missed);
  void arm(Policy& policy, Nanos at);
  Nanos nextOf(const PolicyLiveness& state) const;
  bool hasStandby(const Policy& policy) const;
  // The combination's lists, and its name where a list of the standby is the active one itself.
  std::pair<SlotPair, Combination> pairOf(const Policy& policy, Combination combination) const;
  RoundTripEstimate tripOf(const Policy& policy, Combination combination) const;
  bool steadyOf(const Policy& policy) const;
  void tell(const Policy& policy, bool active, bool answers);
  void askAgain(IngressSession& session, const SlotPair& pair);

  EngineContext& context_;
  IngressRole& ingress_;
  PolicyRouter& router_;
  PolicyTable& policies_;
  EndToEndProbes& probes_;
};

}  // namespace srwan
