#include "engine/path_mtu_discovery.h"

#include <algorithm>

namespace srwan {
namespace {

std::int32_t slotOf(Direction direction, const SlotPair& pair) {
  return direction == Direction::forward ? pair.forward : pair.reverse;
}

}  // namespace

IngressPath& PathMtuDiscovery::pathOf(IngressSession& session, const Target& target) const {
  return session.pathsOf(target.direction)[static_cast<std::size_t>(slotOf(target.direction, target.pair))];
}

void PathMtuDiscovery::onTimer(std::uint32_t index, Nanos at) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(index));
  if (policy == nullptr || !policy->mtuAlarm.fired(at) || context_.now - policy->lastData() > WITH_DATA) return;
  IngressSession* session = ingress_.find(policy->session);
  const bool open = session != nullptr && session->state == SessionState::open && session->keyed();
  const Nanos next = open ? attend(*policy, *session) : context_.now + LOOK;
  policy->mtuAlarm.arm(context_.timers, std::clamp(next, context_.now + PACE, context_.now + LOOK), TimerKind::pathMtu,
                       index);
}

bool PathMtuDiscovery::probeable(IngressSession& session, const SlotPair& pair) const {
  return pair.complete() && session.hopsReady(Direction::forward, pair.forward) &&
         session.hopsReady(Direction::reverse, pair.reverse) &&
         session.reverse[static_cast<std::size_t>(pair.reverse)].acknowledged;
}

void PathMtuDiscovery::collect(Policy& policy, IngressSession& session, std::vector<Target>& targets) const {
  for (const SlotPair* pair : {&policy.active, &policy.target, &policy.standby}) {
    if (!probeable(session, *pair)) continue;
    for (const Direction direction : {Direction::forward, Direction::reverse}) {
      const bool known = std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
        return target.direction == direction && slotOf(direction, target.pair) == slotOf(direction, *pair);
      });
      if (!known) targets.push_back({direction, *pair});
    }
  }
}

void PathMtuDiscovery::collectErrors(Policy& policy, IngressSession& session, std::vector<Target>& targets) const {
  for (const Direction direction : {Direction::forward, Direction::reverse}) {
    const auto& slots = session.pathsOf(direction);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const IngressPath& path = slots[i];
      if (!path.used || !path.wanted || path.sender.color != policy.config.color || path.mtu.search.eligible())
        continue;
      const auto slot = static_cast<std::int32_t>(i);
      const SlotPair pair =
          direction == Direction::forward ? SlotPair{slot, path.mtu.partner} : SlotPair{path.mtu.partner, slot};
      if (probeable(session, pair)) targets.push_back({direction, pair});
    }
  }
}

Nanos PathMtuDiscovery::attend(Policy& policy, IngressSession& session) {
  std::vector<Target> targets;
  collect(policy, session, targets);
  collectErrors(policy, session, targets);
  Nanos next = NEVER;
  for (const Target& target : targets) next = std::min(next, attend(policy, session, target));
  return next;
}

Nanos PathMtuDiscovery::attend(Policy& policy, IngressSession& session, const Target& target) {
  IngressPath& path = pathOf(session, target);
  PathMtu& mtu = path.mtu;
  if (!mtu.begun) {
    mtu.begun = true;
    mtu.search = MtuSearch(limitOf(path.sender.path));
  }
  if (mtu.outstanding && context_.now >= mtu.deadline) {
    mtu.outstanding = false;
    mtu.search.lost(mtu.smallAnswered, context_.now);
    // Paths may have changed: a fresh look.
    if (settle(policy, session, target)) return context_.now;
  }
  if (mtu.outstanding) return mtu.deadline;
  const bool busy = context_.now - policy.lastData() < BUSY;
  const auto probe = mtu.search.due(context_.now, busy);
  if (!probe) return mtu.search.next(busy);
  if (!tokens_.take(context_.now)) return context_.now + LOOK / 10;
  send(policy, session, target, *probe);
  return mtu.deadline;
}

std::size_t PathMtuDiscovery::limitOf(const SegmentPath& path) const {
  // The configured maximum is that of a direct path over IPv4; IPv6's header is 20 octets longer.
  const Peer* first = context_.peers.find(path.first());
  const std::size_t outer = context_.init.maxMtu + segmentPacketOverhead(1) -
                            (first != nullptr && first->config.endpoint.version == 6 ? 20 : 0);
  const std::size_t overhead = segmentPacketOverhead(path.count);
  const std::size_t limit = outer > overhead ? outer - overhead : 0;
  return std::clamp<std::size_t>(limit, BASE_MTU, MAX_INNER_PACKET);
}

void PathMtuDiscovery::send(Policy& policy, IngressSession& session, const Target& target,
                            const MtuSearch::Probe& probe) {
  PathMtu& mtu = pathOf(session, target).mtu;
  const bool forward = target.direction == Direction::forward;
  OutstandingProbe record;
  record.owner = static_cast<std::uint32_t>(policy.index);
  record.forward = target.pair.forward;
  record.reverse = target.pair.reverse;
  const auto sendOne = [&](std::size_t size, ProbePurpose purpose) {
    record.purpose = purpose;
    record.size = static_cast<std::uint16_t>(size);
    const bool large = size > MIN_PATH_PROBE_OCTETS;
    ProbeShape shape;
    shape.size = large && forward ? size : MIN_PATH_PROBE_OCTETS;
    shape.replySize = large && !forward ? size : MIN_PATH_PROBE_OCTETS;
    return probes_.send(session, target.pair, shape, record);
  };
  const ProbePurpose purpose = forward ? ProbePurpose::mtuForward : ProbePurpose::mtuReverse;
  mtu.smallAnswered = false;
  // Before the large one, so that a full queue does not favour it.
  if (probe.small || mtu.roundTrip == 0) mtu.smallSequence = sendOne(MIN_PATH_PROBE_OCTETS, purpose);
  mtu.sequence = sendOne(probe.size, purpose);
  if (probe.leap) sendOne(mtu.search.limit(), purpose);
  mtu.outstanding = true;
  mtu.size = probe.size;
  mtu.sentAt = context_.now;
  mtu.partner = forward ? target.pair.reverse : target.pair.forward;
  const Nanos wait = mtu.roundTrip == 0 ? MAX_WAIT / 2 : 2 * mtu.roundTrip + MIN_WAIT;
  mtu.deadline = context_.now + std::clamp(wait, MIN_WAIT, MAX_WAIT);
}

void PathMtuDiscovery::onReply(IngressSession& session, const OutstandingProbe& probe,
                               const PathProbeReplyBody& reply) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(probe.owner));
  if (policy == nullptr || policy->session != session.id) return;
  const Direction direction = probe.purpose == ProbePurpose::mtuForward ? Direction::forward : Direction::reverse;
  const Target target{direction, {probe.forward, probe.reverse}};
  IngressPath& path = pathOf(session, target);
  // Stands for the same list still.
  if (!path.used || path.sender.color != policy->config.color || !path.mtu.begun) return;
  PathMtu& mtu = path.mtu;
  const Nanos roundTrip = context_.arrival - reply.t1;
  mtu.roundTrip = mtu.roundTrip == 0 ? roundTrip : (7 * mtu.roundTrip + roundTrip) / 8;
  if (probe.sequence == mtu.smallSequence) {
    mtu.smallAnswered = true;
    return;
  }
  if (direction == Direction::reverse && reply.size < probe.size) return;
  if (probe.sequence == mtu.sequence || probe.size > mtu.size) mtu.outstanding = false;
  mtu.search.answered(probe.size, context_.now);
  settle(*policy, session, target);
  policy->mtuAlarm.arm(context_.timers, context_.now + PACE, TimerKind::pathMtu,
                       static_cast<std::uint32_t>(policy->index));
}

bool PathMtuDiscovery::settle(Policy& policy, IngressSession& session, const Target& target) {
  IngressPath& path = pathOf(session, target);
  const auto mtu = static_cast<std::uint16_t>(path.mtu.search.inForce());
  const std::uint16_t before = path.sender.mtu;
  if (mtu == before) return false;
  path.sender.mtu = mtu;
  const bool flipped = (mtu == 0) != (before == 0);
  if (flipped) {
    context_.lane->output.event(PathMtuEvent{policy.config.endpoint, policy.config.color,
                                             target.direction == Direction::forward, path.sender.path.sids(), mtu});
    router_.onEligibility(policy);
  }
  if (target.direction == Direction::reverse) ingress_.pursue(session);
  return flipped;
}

void PathMtuDiscovery::followWithDevice(SessionTable& sessions) {
  std::size_t largest = 0;
  policies_.forEach([&](Policy& policy) {
    IngressSession* session = policy.active.complete() ? ingress_.find(policy.session) : nullptr;
    if (session != nullptr) largest = std::max(largest, router_.mtuOf(policy, *session));
  });
  sessions.forEach([&](Session& session) {
    if (session.role != SessionRole::egress) return;
    auto& back = static_cast<EgressSession&>(session);
    const Peer* peer = context_.peers.at(back.ingressPeer);
    if (peer != nullptr && peer->reverseSession == back.id) largest = std::max(largest, back.mtu());
  });
  largest = std::min(largest, context_.init.maxMtu);
  if (largest == 0 || largest == deviceMtu_) return;
  deviceMtu_ = largest;
  context_.lane->output.setDeviceMtu(std::max<std::size_t>(largest, BASE_MTU));
}

}  // namespace srwan
