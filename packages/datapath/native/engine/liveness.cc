#include "engine/liveness.h"

namespace srwan {

void Liveness::judge(PolicyLiveness::Pair& pair) {
  if (!pair.pending) return;
  pair.pending = false;
  pair.lastAnswered = false;
  ++pair.misses;
}

void Liveness::onTimer(std::uint32_t index, Nanos at) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(index));
  if (policy == nullptr || !policy->liveness.alarm.fired(at)) return;
  PolicyLiveness& state = policy->liveness;
  if (context_.now - policy->lastData() > WITH_DATA) {
    state.running = false;
    state.active = {};
    state.standby = {};
    return;
  }
  state.alarm.arm(context_.timers, context_.now + INTERVAL, TimerKind::liveness, index);
  judge(state.active);
  judge(state.standby);
  IngressSession* session = ingress_.find(policy->session);
  if (session == nullptr || session->state != SessionState::open || !policy->active.complete()) return;
  act(*policy, *session);
  probe(*policy, *session, ProbePurpose::livenessActive);
  if (policy->standby.complete() && session->hopsReady(Direction::forward, policy->standby.forward) &&
      session->reverse[static_cast<std::size_t>(policy->standby.reverse)].acknowledged) {
    probe(*policy, *session, ProbePurpose::livenessStandby);
  }
}

void Liveness::act(Policy& policy, IngressSession& session) {
  const PolicyLiveness& state = policy.liveness;
  if (state.active.misses < MISSES_TO_SWITCH) return;
  if (state.standby.lastAnswered && policy.standby.complete()) return router_.swap(policy);
  // A transit may have lost the session: it is asked again, and data goes on meanwhile.
  if (state.active.misses % MISSES_TO_SWITCH == 0) {
    ingress_.opener().askAgain(session, session.forward[static_cast<std::size_t>(policy.active.forward)]);
    ingress_.opener().askAgain(session, session.reverse[static_cast<std::size_t>(policy.active.reverse)]);
    ingress_.pursue(session);
  }
  if (state.active.misses % MISSES_TO_REOPEN == 0) {
    if (Peer* peer = context_.peers.at(policy.peer)) ingress_.replace(*peer);
  }
}

void Liveness::probe(Policy& policy, IngressSession& session, ProbePurpose purpose) {
  const bool active = purpose == ProbePurpose::livenessActive;
  PolicyLiveness::Pair& pair = active ? policy.liveness.active : policy.liveness.standby;
  OutstandingProbe probe;
  probe.purpose = purpose;
  probe.owner = static_cast<std::uint32_t>(policy.index);
  pair.sequence = probes_.send(session, active ? policy.active : policy.standby, policy.config.color,
                               active && policy.liveness.announce, probe);
  pair.pending = true;
}

void Liveness::onReply(const OutstandingProbe& probe) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(probe.owner));
  if (policy == nullptr) return;
  const bool active = probe.purpose == ProbePurpose::livenessActive;
  PolicyLiveness::Pair& pair = active ? policy->liveness.active : policy->liveness.standby;
  if (!pair.pending || pair.sequence != probe.sequence) return;
  pair.pending = false;
  pair.lastAnswered = true;
  pair.misses = 0;
  if (active) policy->liveness.announce = false;
}

}  // namespace srwan
