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
  auto session = std::make_unique<TransitSession>(message.session, opened, rekey,
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
  for (KeyEpochClock& clock : session.clocks) clock.setOpened(session.opened);
}

void TransitRole::onPacket(TransitSession& session, const SegmentPacketView& packet) {
  const auto direction = static_cast<std::size_t>(packet.direction());
  if (!session.directionOpen[direction]) return context_.drop(Counter::dropUnknownSession);
  if (packet.currentSid() != context_.init.sid || packet.isLast()) return context_.drop(Counter::dropNotNextSegment);
  HopReceiver& hop = session.hops[direction];
  KeyEpochClock& clock = session.clocks[direction];
  const auto check = hop.check(packet, clock, context_.now);
  if (check.verdict != HopReceiver::Verdict::accepted) return context_.drop(counterOf(check.verdict));
  hop.accept(packet, check.epoch);
  clock.authenticated(check.epoch, context_.now);
  if (!context_.transit) return context_.drop(Counter::dropTransitRefused);
  const Peer* next = context_.peers.find(packet.nextSid());
  if (next == nullptr) return context_.drop(Counter::dropUnknownNextSegment);
  (direction == 0 ? session.forwardOctets : session.reverseOctets) += packet.datagram().size();
  context_.counters.add(Counter::transitOctets, packet.datagram().size());
  context_.counters.add(Counter::transitPackets);
  advanceHop(packet, *check.hop);
  context_.output.sendDatagram(next->config.endpoint, packet.datagram());
}

void TransitRole::sweep(TransitSession& session) {
  for (std::size_t direction = 0; direction < 2; ++direction) {
    const KeyEpochClock& clock = session.clocks[direction];
    session.hops[direction].forgetBefore(clock.oldest(context_.now), clock.current(context_.now) + 1);
  }
}

}  // namespace srwan
