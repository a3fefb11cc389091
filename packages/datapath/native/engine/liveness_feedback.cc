// What liveness takes of the egress's echoes.
#include "engine/liveness.h"

namespace srwan {

void Liveness::onEcho(Policy& policy, const IngressSession& session, std::uint8_t cameOver,
                      std::span<const EchoEntry> grown) {
  PolicyLiveness& state = policy.liveness;
  if (!state.running || !policy.active.complete() || !state.activeTrip.any) return;
  // What this node took to read the echo is no part of its way.
  const Nanos at = context_.now - std::max<Nanos>(0, context_.clock.now() - context_.arrival);
  const Nanos settled = at - state.activeTrip.wait(RoundTripEstimate::LEAST_MARGIN_IN_DOUBT);
  const std::uint8_t forward = session.forward[static_cast<std::size_t>(policy.active.forward)].sender.id;
  const std::uint8_t reverse = session.reverse[static_cast<std::size_t>(policy.active.reverse)].sender.id;
  bool told = false;
  Nanos proved = settled;
  for (const EchoEntry& entry : grown) {
    if (entry.pathId != forward) continue;
    told = true;
    proved =
        std::max(proved, state.feedback.accepted({session.id, {entry.epoch, entry.pathId}}, entry.octets, at, settled));
  }
  if (cameOver == reverse) {
    state.feedback.cameBack(proved);
    if (told) state.feedback.heard(at);
    if (told && !state.suspects()) keepPace(state, at);
  }
  if (state.suspects()) {
    decide(policy);
    // The probes of the burst that are under way go on as regular ones, and the next follows at once.
    if (!state.suspects()) state.nextActive = context_.now;
  }
  arm(policy, nextOf(state));
}

void Liveness::keepPace(PolicyLiveness& state, Nanos echoAt) {
  if (state.slow) return;
  const Nanos lead = MARK_AFTER + state.activeTrip.wait(RoundTripEstimate::LEAST_MARGIN_IN_DOUBT) + ECHO_EARLY;
  // How much later than it should the next probe is going to be sent, by the nearest echo.
  Nanos late = (state.nextActive + lead - echoAt) % ECHO_INTERVAL;
  if (late >= ECHO_INTERVAL / 2) late -= ECHO_INTERVAL;
  if (late < -ECHO_INTERVAL / 2) late += ECHO_INTERVAL;
  state.nextActive -= std::clamp(late, -PACE_STEP, PACE_STEP);
}

void Liveness::mark(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  if (!state.feedback.flows(context_.now)) return;
  session.gather(context_.now);
  const PathEpoch name{session.epoch(context_.now),
                       session.forward[static_cast<std::size_t>(policy.active.forward)].sender.id};
  const auto& entries = session.sent.entries();
  if (const auto entry = entries.find(name); entry != entries.end())
    state.feedback.mark({session.id, name}, context_.now, entry->second.octets);
}

bool Liveness::awaitsEcho(const PolicyLiveness& state, LivenessProbe& missed) {
  const Nanos due = state.feedback.due(missed.sentAt);
  return due > context_.now && due <= missed.deadline + MAX_HOLD && missed.hold(due);
}

}  // namespace srwan
