#include "engine/policy_router.h"

#include <algorithm>

namespace srwan {

bool PolicyRouter::onTun(Lane& lane, ByteSpan buffer, std::size_t size, const PacketOffload& offload, bool alone) {
  const bool fits =
      buffer.size() >= HEADROOM + size + TAILROOM && (offload.gso != Gso::none || size <= MAX_INNER_PACKET);
  const ByteSpan packet = fits ? buffer.subspan(HEADROOM, size) : ByteSpan{};
  if (!fits) lane.drop(Counter::dropTooBig);
  Peer* peer = fits ? destinationOf(lane, packet) : nullptr;
  const Way way = peer == nullptr ? Way{} : wayTo(lane, *peer, alone);
  if (peer != nullptr && !alone) {
    if (way.session == nullptr) return false;
    if (way.policy != nullptr && !noteData(lane, *way.policy, false)) return false;
  }
  lane.counters.add(Counter::tunRxOctets, size);
  lane.counters.add(Counter::tunRxPackets);
  if (peer == nullptr) return true;
  if (!admitTo(lane, *peer, way, packet, offload)) return true;
  if (!decrementHopLimit(packet)) return lane.drop(Counter::dropTtlExpired), true;
  if (way.session == nullptr) {
    queue(*peer, packet, offload);
  } else {
    sender_.send(lane, way, buffer, size, offload);
  }
  if (alone && way.policy != nullptr) noteData(lane, *way.policy, true);
  return true;
}

bool PolicyRouter::admitTo(Lane& lane, const Peer& peer, const Way& way, ByteView packet,
                           const PacketOffload& offload) {
  Policy* policy = way.session != nullptr ? nullptr : policies_.at(peer.defaultPolicy);
  // What its sender hears of is the packet as it came: before the hop is counted.
  if (policy == nullptr || !policy->tooNarrow) return sender_.admit(lane, way, packet, offload);
  lane.drop(Counter::dropPathTooNarrow);
  sender_.answer(lane, packet, IcmpProblem::unreachable, 0);
  // There is demand: its paths are tried again.
  noteData(lane, *policy, true);
  return false;
}

void PolicyRouter::queue(Peer& peer, ByteSpan packet, const PacketOffload& offload) {
  if (offload.gso == Gso::none) {
    if (offload.needsChecksum) completeChecksum(packet, offload);
    return makeWay(peer, packet);
  }
  const InnerCutter cutter = WaySender::cutterFor({}, packet, offload);
  for (std::size_t i = 0; i < cutter.count(); ++i) {
    std::vector<std::uint8_t> waiting(cutter.size(i));
    cutter.write(i, waiting);
    makeWay(peer, waiting);
  }
}

Peer* PolicyRouter::destinationOf(Lane& lane, ByteSpan packet) {
  const auto header = parseIpHeader(packet);
  if (!header) return lane.drop(Counter::dropMalformed), nullptr;
  const std::int32_t owner = lane.leavingDestination.find(context_.prefixes, header->destination);
  Peer* peer = owner < 0 ? nullptr : context_.peers.at(owner);
  if (peer == nullptr) return lane.drop(Counter::dropNoRoute), nullptr;
  if (lane.leavingSource.find(context_.prefixes, header->source) != PrefixTable::LOCAL)
    return lane.drop(Counter::dropSourceNotAllowed), nullptr;
  return peer;
}

Way PolicyRouter::forwardWay(const Lane& lane, Policy& policy, bool alone) {
  IngressSession* session = policy.active.complete() ? ingress_.find(policy.session) : nullptr;
  if (session == nullptr || !session->keyed()) return {};
  SenderPath& path = session->forward[static_cast<std::size_t>(policy.active.forward)].sender;
  if (alone) session->leaveExhausted(lane.index, path);
  if (!ingress_.sendable(lane, *session, policy.active.forward)) return {};
  return {session, &path, context_.peers.find(path.path.first()), &policy, mtuOf(policy, *session)};
}

Way PolicyRouter::wayTo(const Lane& lane, const Peer& peer, bool alone) {
  if (Policy* policy = policies_.at(peer.defaultPolicy)) {
    const Way way = forwardWay(lane, *policy, alone);
    if (way.session != nullptr) return way;
  }
  Session* known = peer.reverseSession == 0 ? nullptr : sessions_.find(peer.reverseSession);
  if (known == nullptr || known->role != SessionRole::egress) return {};
  auto& back = static_cast<EgressSession&>(*known);
  SenderPath* path = egress_.wayBack(lane, back, alone);
  if (path == nullptr) return {};
  return {&back, path, context_.peers.find(path->path.first()), nullptr, back.mtuOf(*path)};
}

void PolicyRouter::makeWay(Peer& peer, ByteSpan packet) {
  Policy* policy = policies_.at(peer.defaultPolicy);
  if (policy == nullptr) return context_.drop(Counter::dropNoRoute);
  if (ingress_.ensure(peer) == nullptr) return context_.drop(Counter::dropNoSession);
  enqueue(*policy, packet);
  noteData(*context_.lane, *policy, true);
  update(*policy);
}

std::size_t PolicyRouter::mtuOf(const Policy& policy, const IngressSession& session) const {
  const auto of = [&](const SlotPair& pair) {
    return pair.complete() ? session.forward[static_cast<std::size_t>(pair.forward)].sender.mtu : 0;
  };
  const std::size_t active = of(policy.active);
  const std::size_t standby = of(policy.standby);
  return active == 0 || standby == 0 ? std::max(active, standby) : std::min(active, standby);
}

bool PolicyRouter::noteData(Lane& lane, Policy& policy, bool alone) {
  const bool demand = lane.now - policy.lastDemand >= DEMAND_INTERVAL;
  PolicyLiveness& liveness = policy.liveness;
  if (!alone && (demand || !liveness.running || liveness.slow)) return false;
  policy.dataAt[lane.index].at = lane.now;
  if (demand) {
    policy.lastDemand = lane.now;
    lane.output.event(DemandEvent{policy.config.endpoint, policy.config.color});
    policy.mtuAlarm.arm(context_.timers, context_.now, TimerKind::pathMtu, static_cast<std::uint32_t>(policy.index));
  }
  if (!liveness.running || liveness.slow) {
    liveness.running = true;
    liveness.slow = false;
    liveness.nextActive = std::min(liveness.nextActive, context_.now);
    liveness.alarm.arm(context_.timers, context_.now, TimerKind::liveness, static_cast<std::uint32_t>(policy.index));
  }
  return true;
}

void PolicyRouter::enqueue(Policy& policy, ByteView packet) {
  if (policy.waiting.size() >= Policy::MAX_WAITING) {
    policy.waiting.pop_front();
    context_.drop(Counter::dropQueueFull);
  }
  policy.waiting.emplace_back(packet.begin(), packet.end());
}

void PolicyRouter::flush(Policy& policy) {
  while (!policy.waiting.empty()) {
    const auto packet = std::move(policy.waiting.front());
    policy.waiting.pop_front();
    std::copy(packet.begin(), packet.end(), buffer_.begin() + HEADROOM);
    Lane& lane = *context_.lane;
    const Way way = forwardWay(lane, policy, true);
    if (way.session == nullptr) {
      context_.drop(Counter::dropNoSession);
      continue;
    }
    sender_.send(lane, way, buffer_, packet.size(), {});
    noteData(lane, policy, true);
  }
}

void PolicyRouter::follow(Policy& policy) {
  const PolicyConfig& config = policy.config;
  const auto lists = [&](const PairIndex& pair) {
    return ListPair{SegmentPath::from(config.forward[pair.forward]), SegmentPath::from(config.reverse[pair.reverse])};
  };
  policy.desired = lists(config.active);
  policy.standbyLists = config.standby ? std::optional(lists(*config.standby)) : std::nullopt;
}

void PolicyRouter::want(Policy& policy, IngressSession& session) {
  slotsOf(session, policy.desired, policy.config.color);
  if (policy.standbyLists) slotsOf(session, *policy.standbyLists, policy.config.color);
  for (const SidList& list : policy.config.forward)
    paths_.want(session, Direction::forward, SegmentPath::from(list), policy.config.color);
  for (const SidList& list : policy.config.reverse)
    paths_.want(session, Direction::reverse, SegmentPath::from(list), policy.config.color);
  if (policy.session != session.id) return;
  // What carries traffic stays until the new pair does.
  for (const SlotPair* pair : {&policy.active, &policy.target}) {
    if (!pair->complete()) continue;
    session.forward[static_cast<std::size_t>(pair->forward)].wanted =
        session.forward[static_cast<std::size_t>(pair->forward)].used;
    session.reverse[static_cast<std::size_t>(pair->reverse)].wanted =
        session.reverse[static_cast<std::size_t>(pair->reverse)].used;
  }
}

SlotPair PolicyRouter::slotsOf(IngressSession& session, const ListPair& lists, std::uint8_t color) {
  return {paths_.want(session, Direction::forward, lists.forward, color),
          paths_.want(session, Direction::reverse, lists.reverse, color)};
}

bool PolicyRouter::ready(IngressSession& session, const SlotPair& pair) {
  return pair.complete() && session.hopsReady(Direction::forward, pair.forward) &&
         session.hopsReady(Direction::reverse, pair.reverse) && eligible(session, pair);
}

bool PolicyRouter::eligible(IngressSession& session, const SlotPair& pair) const {
  return session.forward[static_cast<std::size_t>(pair.forward)].sender.mtu != 0 &&
         session.reverse[static_cast<std::size_t>(pair.reverse)].sender.mtu != 0;
}

bool PolicyRouter::noneCarriesBase(const Policy& policy, IngressSession& session) {
  const auto none = [&](Direction direction, const std::vector<SidList>& lists) {
    return std::all_of(lists.begin(), lists.end(), [&](const SidList& list) {
      const std::int32_t slot = paths_.want(session, direction, SegmentPath::from(list), policy.config.color);
      return slot != NO_SLOT && session.pathsOf(direction)[static_cast<std::size_t>(slot)].sender.mtu == 0;
    });
  };
  return none(Direction::forward, policy.config.forward) || none(Direction::reverse, policy.config.reverse);
}

void PolicyRouter::onEligibility(Policy& policy) {
  IngressSession* session = ingress_.find(policy.session);
  if (session == nullptr) return;
  const bool lost = policy.active.complete() && !eligible(*session, policy.active);
  const auto narrow = [&](Direction direction, std::int32_t slot) {
    return session->pathsOf(direction)[static_cast<std::size_t>(slot)].sender.mtu == 0;
  };
  if (lost && policy.standbyLists && policy.standby.complete()) {
    const bool forward = narrow(Direction::forward, policy.active.forward);
    const bool reverse = narrow(Direction::reverse, policy.active.reverse);
    const SlotPair next{forward ? policy.standby.forward : policy.active.forward,
                        reverse ? policy.standby.reverse : policy.active.reverse};
    if (ready(*session, next)) {
      swap(policy,
           forward && reverse ? LivenessVerdict::both
           : forward          ? LivenessVerdict::forward
                              : LivenessVerdict::reverse,
           0);
      policy.liveness.restart();
      policy.liveness.announce = true;
    }
  }
  update(policy);
}

void PolicyRouter::inherit(Policy& policy, IngressSession& session) {
  const IngressSession* before = ingress_.find(policy.session);
  if (before == nullptr || before == &session) return;
  for (const Direction direction : {Direction::forward, Direction::reverse}) {
    const auto& known = direction == Direction::forward ? before->forward : before->reverse;
    for (IngressPath& path : session.pathsOf(direction)) {
      if (!path.used || path.mtu.begun || path.sender.color != policy.config.color) continue;
      const auto same = std::find_if(known.begin(), known.end(), [&](const IngressPath& other) {
        return other.used && other.mtu.begun && other.sender.color == path.sender.color &&
               other.sender.path == path.sender.path;
      });
      if (same == known.end()) continue;
      path.mtu.begun = true;
      path.mtu.search.resume(same->mtu.search, context_.now);
      path.mtu.roundTrip = same->mtu.roundTrip;
      path.sender.mtu = static_cast<std::uint16_t>(path.mtu.search.inForce());
    }
  }
}

bool PolicyRouter::open(IngressSession& session, const SlotPair& pair) {
  return ready(session, pair) && session.reverse[static_cast<std::size_t>(pair.reverse)].acknowledged;
}

bool PolicyRouter::wantedPairReady(const Policy& policy, IngressSession& session) {
  return ready(session, slotsOf(session, policy.desired, policy.config.color));
}

SlotPair PolicyRouter::anyReady(Policy& policy, IngressSession& session) {
  if (policy.standby.complete() && ready(session, policy.standby)) return policy.standby;
  const auto usable = [&](Direction direction, std::int32_t slot) {
    return session.hopsReady(direction, slot) &&
           session.pathsOf(direction)[static_cast<std::size_t>(slot)].sender.mtu != 0;
  };
  SlotPair pair;
  for (const SidList& list : policy.config.forward) {
    const std::int32_t slot = paths_.want(session, Direction::forward, SegmentPath::from(list), policy.config.color);
    if (pair.forward == NO_SLOT && usable(Direction::forward, slot)) pair.forward = slot;
  }
  for (const SidList& list : policy.config.reverse) {
    const std::int32_t slot = paths_.want(session, Direction::reverse, SegmentPath::from(list), policy.config.color);
    if (pair.reverse == NO_SLOT && usable(Direction::reverse, slot)) pair.reverse = slot;
  }
  return pair;
}

void PolicyRouter::update(Policy& policy) {
  IngressSession* session = ingress_.find(policy.session);
  if (session == nullptr || session->state != SessionState::open) return;
  const SlotPair wanted = slotsOf(*session, policy.desired, policy.config.color);
  SlotPair standby = policy.standbyLists ? slotsOf(*session, *policy.standbyLists, policy.config.color) : SlotPair{};
  if (standby.complete() && !eligible(*session, standby)) standby = {};
  if (standby != policy.standby) policy.liveness.restartStandby();
  policy.standby = standby;
  const bool broken =
      policy.active.complete() && !(eligible(*session, policy.active) &&
                                    paths_.intact(session->forward[static_cast<std::size_t>(policy.active.forward)]) &&
                                    paths_.intact(session->reverse[static_cast<std::size_t>(policy.active.reverse)]));
  if (broken) policy.active = {};
  policy.tooNarrow = noneCarriesBase(policy, *session);
  SlotPair next = wanted;
  if (!ready(*session, wanted)) {
    next = {};
    if (!policy.active.complete() && context_.now >= session->openSince + AWAIT_PAIR) next = anyReady(policy, *session);
    if (!policy.active.complete() && !next.complete()) awaitPair(policy, *session);
    if (policy.tooNarrow) dropWaiting(policy, Counter::dropPathTooNarrow);
  }
  if (!next.complete()) {
    policy.target = {};
    return ingress_.pursue(*session);
  }
  const bool first = !policy.active.complete();
  if (first || next == policy.active) {
    if (first) policy.liveness.restart();
    policy.active = next;
    policy.target = {};
  } else if (policy.announced && policy.announcedActive == next.reverse &&
             session->reverse[static_cast<std::size_t>(next.reverse)].acknowledged) {
    policy.active = next;
    policy.target = {};
    policy.liveness.restart();
  } else {
    policy.target = next;
  }
  // The egress hears of its reverse paths before the first packet.
  ingress_.pursue(*session);
  if (first) flush(policy);
}

void PolicyRouter::awaitPair(Policy& policy, const IngressSession& session) {
  const Nanos first = session.openSince + AWAIT_PAIR;
  policy.awaitPair.arm(context_.timers, context_.now < first ? first : context_.now + AWAIT_PAIR, TimerKind::awaitPath,
                       static_cast<std::uint32_t>(policy.index));
}

void PolicyRouter::onAwaitTimer(std::uint32_t index, Nanos at) {
  Policy* policy = policies_.at(static_cast<std::int32_t>(index));
  if (policy != nullptr && policy->awaitPair.fired(at)) update(*policy);
}

void PolicyRouter::swap(Policy& policy, LivenessVerdict dead, Nanos gap) {
  IngressSession* session = ingress_.find(policy.session);
  if (session == nullptr || !policy.standbyLists) return;
  if (dead != LivenessVerdict::reverse) std::swap(policy.desired.forward, policy.standbyLists->forward);
  if (dead != LivenessVerdict::forward) std::swap(policy.desired.reverse, policy.standbyLists->reverse);
  policy.active = slotsOf(*session, policy.desired, policy.config.color);
  policy.standby = slotsOf(*session, *policy.standbyLists, policy.config.color);
  policy.target = {};
  context_.lane->counters.add(Counter::pathSwitches);
  context_.lane->output.event(SwitchedEvent{policy.config.endpoint, policy.config.color, policy.desired.forward.sids(),
                                            policy.desired.reverse.sids(), dead, gap});
  ingress_.announceNow(*session);
}

bool PolicyRouter::nextStandby(Policy& policy) {
  IngressSession* session = ingress_.find(policy.session);
  if (session == nullptr || !policy.standbyLists) return false;
  const ListPair before = *policy.standbyLists;
  ListPair next = before;
  next.forward = after(policy.config.forward, before.forward, policy.desired.forward);
  next.reverse = after(policy.config.reverse, before.reverse, policy.desired.reverse);
  if (next == before || next == policy.desired) return false;
  const SlotPair slots = slotsOf(*session, next, policy.config.color);
  if (!ready(*session, slots)) return false;
  policy.standbyLists = next;
  policy.standby = slots;
  policy.liveness.restartStandby();
  ingress_.pursue(*session);
  return true;
}

SegmentPath PolicyRouter::after(const std::vector<SidList>& lists, const SegmentPath& current,
                                const SegmentPath& except) {
  std::size_t at = 0;
  while (at < lists.size() && SegmentPath::from(lists[at]) != current) ++at;
  for (std::size_t step = 1; step <= lists.size(); ++step) {
    const SegmentPath candidate = SegmentPath::from(lists[(at + step) % lists.size()]);
    if (candidate != except) return candidate;
  }
  return current;
}

void PolicyRouter::bind(Policy& policy, IngressSession& session) {
  inherit(policy, session);
  policy.session = session.id;
  policy.active = {};
  policy.standby = {};
  policy.target = {};
  policy.announced = false;
  policy.liveness.restart();
  update(policy);
}

void PolicyRouter::unbind(Policy& policy) {
  policy.session = 0;
  policy.active = {};
  policy.standby = {};
  policy.target = {};
  policy.announced = false;
  policy.liveness.restart();
  policy.tooNarrow = false;
  dropWaiting(policy, Counter::dropNoSession);
}

void PolicyRouter::dropWaiting(Policy& policy, Counter why) {
  context_.lane->counters.add(why, policy.waiting.size());
  policy.waiting.clear();
}

}  // namespace srwan
