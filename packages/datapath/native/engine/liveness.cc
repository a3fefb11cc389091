#include "engine/liveness.h"

#include <cmath>

namespace srwan {

void Liveness::onTimer(std::uint32_t index, Nanos at) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(index));
  if (policy == nullptr || !policy->liveness.alarm.fired(at)) return;
  PolicyLiveness& state = policy->liveness;
  const Nanos quiet = context_.now - policy->lastData();
  if (quiet > OFF_AFTER_DATA) {
    state.running = false;
    state.restart();
    return;
  }
  state.slow = quiet > FAST_AFTER_DATA;
  IngressSession* session = ingress_.find(policy->session);
  const bool usable = session != nullptr && session->state == SessionState::open && policy->active.complete();
  if (!usable) return arm(*policy, context_.now + FAST);
  if (context_.now - at > STALL) state.evidence.postpone(context_.now + STALL_GRACE);
  tick(*policy, *session);
  arm(*policy, nextOf(state));
}

void Liveness::tick(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  if (state.lastProof == 0) state.lastProof = context_.now;
  expire(policy, session);
  if (state.suspects()) decide(policy);
  if (context_.now >= state.nextMark) {
    state.nextMark = NEVER;
    mark(policy, session);
  }
  if (state.suspects() && context_.now >= state.nextBurst) burst(policy, session);
  if (state.suspects() && context_.now >= state.roundEnds) endRound(policy, session);
  probeRegularly(policy, session);
}

void Liveness::probeRegularly(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  if (context_.now >= state.nextActive) {
    state.nextActive = context_.now + (state.slow && !state.suspects() ? SLOW : FAST);
    // A path that the egress does not know yet cannot answer; the repetition of PATHS sees to it.
    const bool known = session.reverse[static_cast<std::size_t>(policy.active.reverse)].acknowledged;
    if (state.burstLeft == 0 && (known || context_.now >= session.openSince + REOPEN))
      probe(policy, session, Combination::active);
  }
  if (context_.now < state.nextStandby) return;
  state.nextStandby = context_.now + SLOW;
  if (hasStandby(policy) && state.burstLeft == 0) probe(policy, session, Combination::standby);
}

void Liveness::expire(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  while (LivenessProbe* missed = state.evidence.expire(context_.now)) {
    if (missed->combination == Combination::standby && !state.suspects()) {
      missStandby(policy, session);
    } else if (missed->combination == Combination::active && !state.suspects()) {
      const bool carries =
          state.evidence.activeAnsweredAfter(missed->sentAt) || state.feedback.carried().both() >= missed->sentAt;
      if (!carries && awaitsEcho(state, *missed)) continue;
      if (!carries) suspect(policy, *missed);
      state.loss += (1 - state.loss) / LOSS_MEMORY;
    }
  }
}

void Liveness::suspect(Policy& policy, const LivenessProbe& missed) {
  PolicyLiveness& state = policy.liveness;
  state.suspectSince = missed.sentAt;
  const double loss = std::clamp(state.loss, LEAST_LOSS, 0.9);
  const auto needed = static_cast<std::uint32_t>(std::ceil(std::log(FALSE_SWITCH) / std::log(loss)));
  state.needed = std::min(needed, MAX_NEEDED);
  // Bursts come no later for an echo that was waited for.
  const Nanos since = context_.now - missed.held;
  const bool dataPasses = context_.now <= state.feedback.carried().both() + SECOND;
  state.wary = context_.now < state.switchedAt + state.hold;
  const Nanos least = dataPasses && state.loss > PROBES_FAIL ? PROBES_FAIL_DOUBT : LEAST_DOUBT;
  state.mayDecide = state.wary ? std::max(since + WARY_DOUBT, state.switchedAt + DWELL) : since + least;
  state.round = 0;
  state.burstLeft = BURST;
  state.nextBurst = since;
  state.roundEnds = NEVER;
  state.reopenAt = context_.now + REOPEN;
}

void Liveness::burst(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  if (state.burstLeft == 0) state.burstLeft = BURST;
  if (state.burstLeft == BURST) ++state.round;
  probe(policy, session, Combination::active);
  if (hasStandby(policy)) {
    for (const auto other : {Combination::otherForward, Combination::otherReverse, Combination::standby})
      probe(policy, session, other);
  }
  --state.burstLeft;
  const Nanos planned = std::max(state.nextBurst, context_.now - BURST_SPACING / 2);
  state.nextBurst = state.burstLeft > 0 ? planned + BURST_SPACING : NEVER;
  if (state.burstLeft > 0) return;
  Nanos wait = tripOf(policy, Combination::active).wait();
  if (hasStandby(policy)) {
    for (const auto other : {Combination::otherForward, Combination::otherReverse, Combination::standby})
      wait = std::max(wait, tripOf(policy, other).wait());
  }
  state.roundEnds = context_.now + wait + MILLISECOND;
}

// The burst has told nothing: the active pair is silent and so is the standby, or it may not be switched to yet.
void Liveness::endRound(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  state.roundEnds = NEVER;
  if (!state.failureTold) tell(policy, true, false);
  state.failureTold = true;
  // A transit may have lost the session: it is asked again, and data goes on meanwhile.
  askAgain(session, policy.active);
  if (hasStandby(policy)) askAgain(session, policy.standby);
  ingress_.pursue(session);
  const bool silent =
      state.evidence.judge({state.suspectSince, state.needed}, state.feedback.carried()) == LivenessVerdict::undecided;
  const bool another = silent && router_.nextStandby(policy);
  const bool atOnce = (another || state.wary) && state.round == 1;
  state.nextBurst = atOnce ? context_.now : context_.now + ROUND_INTERVAL;
  if (state.mayDecide > context_.now) state.nextBurst = std::min(state.nextBurst, state.mayDecide);
  if (context_.now < state.reopenAt) return;
  state.reopenAt = context_.now + REOPEN;
  if (Peer* peer = context_.peers.at(policy.peer)) ingress_.replace(*peer);
}

void Liveness::missStandby(Policy& policy, IngressSession& session) {
  PolicyLiveness& state = policy.liveness;
  state.standbyAnswered = 0;
  if (++state.standbyMissed % STANDBY_MISSES != 0) return;
  if (state.standbyMissed == STANDBY_MISSES) tell(policy, false, false);
  askAgain(session, policy.standby);
  ingress_.pursue(session);
  router_.nextStandby(policy);
}

void Liveness::decide(Policy& policy) {
  PolicyLiveness& state = policy.liveness;
  const LivenessVerdict verdict = state.evidence.judge({state.suspectSince, state.needed}, state.feedback.carried());
  if (verdict == LivenessVerdict::undecided) return;
  if (verdict == LivenessVerdict::alive) {
    if (state.failureTold) tell(policy, true, true);
    state.trust();
    state.nextActive = context_.now + FAST;
    return;
  }
  if (context_.now >= state.mayDecide && steadyOf(policy)) switchOver(policy, verdict);
}

void Liveness::switchOver(Policy& policy, LivenessVerdict dead) {
  PolicyLiveness& state = policy.liveness;
  const ListPair before = policy.desired;
  const RoundTripEstimate active = tripOf(policy, dead == LivenessVerdict::forward   ? Combination::otherForward
                                                  : dead == LivenessVerdict::reverse ? Combination::otherReverse
                                                                                     : Combination::standby);
  router_.swap(policy, dead, context_.now - state.lastProof);
  const bool back = state.left && *state.left == policy.desired && context_.now - state.switchedAt < FLAP_WINDOW;
  state.hold = back ? std::min(2 * state.hold, MAX_DWELL) : DWELL;
  state.switchedAt = context_.now;
  state.left = before;
  state.restart();
  state.activeTrip = active;
  state.lastProof = context_.now;
  state.standbyProving = true;
  state.announce = true;
  state.nextStandby = context_.now + SLOW;
  arm(policy, context_.now);
}

void Liveness::probe(Policy& policy, IngressSession& session, Combination combination) {
  PolicyLiveness& state = policy.liveness;
  const auto [pair, name] = pairOf(policy, combination);
  if (name != Combination::active && !router_.open(session, pair)) return;
  OutstandingProbe probe;
  probe.purpose = ProbePurpose::liveness;
  probe.owner = static_cast<std::uint32_t>(policy.index);
  const ProbeShape shape{.size = LIVENESS_PROBE_OCTETS, .activate = name == Combination::active && state.announce};
  if (name == Combination::active) {
    // Before it is sent: its own arrival is proof as well.
    mark(policy, session);
    state.nextMark = state.feedback.flows(context_.now) ? context_.now + MARK_AFTER : NEVER;
  }
  const std::uint32_t sequence = probes_.send(session, pair, shape, probe);
  const Nanos margin = state.suspects() ? RoundTripEstimate::LEAST_MARGIN_IN_DOUBT : RoundTripEstimate::LEAST_MARGIN;
  state.evidence.sent(name, sequence, context_.now, context_.now + tripOf(policy, name).wait(margin));
}

void Liveness::onReply(const OutstandingProbe& probe, const PathProbeReplyBody& reply) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(probe.owner));
  if (policy == nullptr) return;
  PolicyLiveness& state = policy->liveness;
  const LivenessProbe* answered = state.evidence.answered(probe.sequence);
  if (answered == nullptr) return;
  const Nanos roundTrip = context_.arrival - reply.t1;
  if (answered->combination == Combination::active) {
    state.activeTrip.add(roundTrip, reply.t2 - reply.t1);
    state.lastProof = context_.now;
    state.announce = false;
    if (!state.suspects()) state.loss -= state.loss / LOSS_MEMORY;
  } else if (answered->combination == Combination::standby) {
    state.standbyTrip.add(roundTrip, reply.t2 - reply.t1);
    if (state.standbyMissed >= STANDBY_MISSES) tell(*policy, false, true);
    state.standbyMissed = 0;
    if (!state.suspects() && ++state.standbyAnswered >= STEADY) state.standbyProving = false;
  }
  if (!state.suspects()) return;
  decide(*policy);
  arm(*policy, nextOf(state));
}

void Liveness::arm(Policy& policy, Nanos at) {
  policy.liveness.alarm.arm(context_.timers, std::max(at, context_.now), TimerKind::liveness,
                            static_cast<std::uint32_t>(policy.index));
}

Nanos Liveness::nextOf(const PolicyLiveness& state) const {
  const Nanos decision = state.suspects() && state.mayDecide > context_.now ? state.mayDecide : NEVER;
  return std::min({state.nextActive, state.nextStandby, state.nextBurst, state.roundEnds, state.nextMark, decision,
                   state.evidence.nextDeadline()});
}

bool Liveness::hasStandby(const Policy& policy) const {
  return policy.standbyLists && policy.standby.complete() && policy.standby != policy.active;
}

std::pair<SlotPair, Combination> Liveness::pairOf(const Policy& policy, Combination combination) const {
  auto bits = static_cast<unsigned>(combination);
  if (policy.standby.forward == policy.active.forward) bits &= ~1u;
  if (policy.standby.reverse == policy.active.reverse) bits &= ~2u;
  const SlotPair pair{(bits & 1) != 0 ? policy.standby.forward : policy.active.forward,
                      (bits & 2) != 0 ? policy.standby.reverse : policy.active.reverse};
  return {pair, static_cast<Combination>(bits)};
}

// A mixed pair's round trip follows exactly from one-way delays of the other two, whose clock offset cancels.
RoundTripEstimate Liveness::tripOf(const Policy& policy, Combination combination) const {
  const PolicyLiveness& state = policy.liveness;
  const auto name = pairOf(policy, combination).second;
  const RoundTripEstimate& active = state.activeTrip;
  const RoundTripEstimate& standby = state.standbyTrip;
  if (name == Combination::active && active.any) return active;
  if (name == Combination::standby && standby.any) return standby;
  if ((name == Combination::otherForward || name == Combination::otherReverse) && active.any && standby.any) {
    const Nanos difference = standby.forward - active.forward;
    RoundTripEstimate mixed = name == Combination::otherForward ? active : standby;
    const Nanos sum = active.smoothed + standby.smoothed;
    mixed.smoothed += name == Combination::otherForward ? difference : -difference;
    mixed.smoothed = std::clamp<Nanos>(mixed.smoothed, 0, sum);
    mixed.deviation = std::max(active.deviation, standby.deviation);
    mixed.forward = name == Combination::otherForward ? standby.forward : active.forward;
    return mixed;
  }
  const Peer* peer = context_.peers.at(policy.peer);
  const bool known = peer != nullptr && peer->probe.roundTrip > 0;
  return RoundTripEstimate::guess(known ? peer->probe.roundTrip : UNKNOWN_TRIP);
}

// A path that was left as dead counts again when it has answered steadily, or where a second burst finds it alone.
bool Liveness::steadyOf(const Policy& policy) const {
  return (!policy.liveness.standbyProving && !policy.liveness.wary) || policy.liveness.round > 1;
}

void Liveness::tell(const Policy& policy, bool active, bool answers) {
  const std::optional<ListPair> lists = active ? std::optional(policy.desired) : policy.standbyLists;
  if (!lists) return;
  context_.lane->output.event(PathStateEvent{policy.config.endpoint, policy.config.color, lists->forward.sids(),
                                             lists->reverse.sids(), active, answers});
}

void Liveness::askAgain(IngressSession& session, const SlotPair& pair) {
  if (!pair.complete()) return;
  ingress_.opener().askAgain(session, session.forward[static_cast<std::size_t>(pair.forward)]);
  ingress_.opener().askAgain(session, session.reverse[static_cast<std::size_t>(pair.reverse)]);
}

}  // namespace srwan
