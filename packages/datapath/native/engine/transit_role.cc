#include "engine/transit_role.h"

namespace srwan {

Counter counterOf(HopReceiver::Verdict verdict) {
  switch (verdict) {
    case HopReceiver::Verdict::keyEpoch:
      return Counter::dropKeyEpoch;
    case HopReceiver::Verdict::replay:
      return Counter::dropReplay;
    case HopReceiver::Verdict::limit:
      return Counter::dropLimit;
    default:
      return Counter::dropHopProof;
  }
}

void TransitRole::onOpen(Peer& ingress, const OpenMessage& message) {
  AnswerMessage answer;
  answer.code = open(ingress, message);
  answer.of = ControlMessage::open;
  answer.session = message.session;
  answer.sequence = message.sequence;
  channel_.answer(ingress, answer);
}

AnswerCode TransitRole::open(Peer& ingress, const OpenMessage& message) {
  if (!context_.transit) return AnswerCode::transitRefused;
  const Nanos rekey = static_cast<Nanos>(message.rekeyIntervalMs) * MILLISECOND;
  const Nanos remaining = static_cast<Nanos>(message.remainingMs) * MILLISECOND;
  if (rekey < MIN_REKEY_INTERVAL || rekey > MAX_SESSION_DURATION || remaining > 2 * MAX_SESSION_DURATION)
    return AnswerCode::limit;
  if (Session* known = sessions_.find(message.session)) {
    if (known->role != SessionRole::transit || known->ingressPeer != ingress.index) return AnswerCode::sessionTaken;
    auto& session = static_cast<TransitSession&>(*known);
    if (message.sequence > session.sequence) renew(session, message);
    return AnswerCode::ok;
  }
  PairSecrets* secrets = channel_.secretsOf(ingress);
  if (sessions_.full() || ingress.sessionsHeld >= MAX_SESSIONS_PER_INGRESS || secrets == nullptr)
    return AnswerCode::limit;
  const Nanos opened = context_.now - static_cast<Nanos>(message.elapsedMs) * MILLISECOND;
  auto session = std::make_unique<TransitSession>(message.session, context_.lanes.size(), opened, rekey,
                                                  deriveHopRoot(secrets->root, message.session, Direction::forward),
                                                  deriveHopRoot(secrets->root, message.session, Direction::reverse));
  session->ingress = ingress.config.sid;
  session->ingressPeer = ingress.index;
  session->rekeyInterval = rekey;
  session->state = SessionState::open;
  renew(*session, message);
  ++ingress.sessionsHeld;
  sessions_.add(std::move(session));
  return AnswerCode::ok;
}

void TransitRole::renew(TransitSession& session, const OpenMessage& message) {
  session.egress = message.egress;
  session.sequence = message.sequence;
  session.directionOpen = {message.forward, message.reverse};
  session.opened = context_.now - static_cast<Nanos>(message.elapsedMs) * MILLISECOND;
  session.expires = context_.now + static_cast<Nanos>(message.remainingMs) * MILLISECOND;
  for (TransitLane& lane : session.lanes) {
    for (KeyEpochClock& clock : lane.clocks) clock.setOpened(session.opened);
  }
}

void TransitRole::onPacket(Lane& lane, TransitSession& session, unsigned own, const SegmentPacketView& packet) {
  const auto direction = static_cast<std::size_t>(packet.direction());
  if (!session.directionOpen[direction]) return lane.drop(Counter::dropUnknownSession);
  if (packet.currentSid() != context_.init.sid || packet.isLast()) return lane.drop(Counter::dropNotNextSegment);
  HopReceiver& hop = session.lanes[own].hops[direction];
  KeyEpochClock& clock = session.lanes[own].clocks[direction];
  const auto check = hop.check(packet, clock, lane.now);
  if (check.verdict != HopReceiver::Verdict::accepted) return lane.drop(counterOf(check.verdict));
  hop.accept(packet, check.epoch);
  clock.authenticated(check.epoch, lane.now);
  if (!context_.transit) return lane.drop(Counter::dropTransitRefused);
  const Peer* next = context_.peers.find(packet.nextSid());
  if (next == nullptr) return lane.drop(Counter::dropUnknownNextSegment);
  session.account(own, packet.direction(), packet.datagram().size());
  lane.counters.add(Counter::transitOctets, packet.datagram().size());
  lane.counters.add(Counter::transitPackets);
  advanceHop(packet, *check.hop);
  lane.output.sendDatagram(next->config.endpoint, packet.datagram());
}

void TransitRole::sweep(TransitSession& session) {
  for (TransitLane& lane : session.lanes) {
    for (std::size_t direction = 0; direction < 2; ++direction) {
      const KeyEpochClock& clock = lane.clocks[direction];
      lane.hops[direction].forgetBefore(clock.oldest(context_.now), clock.current(context_.now) + 1);
    }
  }
}

}  // namespace srwan
