// The responder's side of the handshake.
#include "engine/egress_role.h"

namespace srwan {

Peer* EgressRole::authorised(ByteView datagram, const HandshakeView& view, const UnderlayEndpoint* from) {
  if (!verifyMac1(datagram, context_.ownMac1Key)) return context_.drop(Counter::dropAuthentication), nullptr;
  Peer* peer = context_.peers.find(view.header.sender);
  if (peer == nullptr) return context_.drop(Counter::dropUnknownPeer), nullptr;
  if (view.header.receiverKeyId != context_.ownKeyId || view.header.senderKeyId != peer->keyId)
    return context_.drop(Counter::dropUnknownKey), nullptr;
  // The relay's pair key stands for an address that was proven.
  if (from != nullptr && !guard_.admit(datagram, view, *from)) return nullptr;
  TokenBucket& bucket = from == nullptr ? relayedHandshakes_ : handshakes_;
  if (!bucket.take(context_.now)) return context_.drop(Counter::dropRateLimited), nullptr;
  return peer;
}

void EgressRole::onInitiation(ByteView datagram, const HandshakeView& view, Via answer, const UnderlayEndpoint* from) {
  Peer* peer = authorised(datagram, view, from);
  if (peer == nullptr) return;
  const HandshakePrologue prologue(context_.init.networkId, view.header.session, peer->config.sid, context_.init.sid);
  NoiseIkResponder responder(context_.keys, prologue.view());
  std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> octets;
  const auto key = responder.readInitiation(view.noise, octets);
  if (!key || *key != peer->config.publicKey) return context_.drop(Counter::dropAuthentication);
  const auto payload = decodeInitiationPayload(octets);
  if (!payload) return context_.drop(Counter::dropMalformed);
  PairHistory& history = peer->history;
  if (history.handshakeAny && payload->handshakeCounter <= history.handshakeSeen)
    return context_.drop(Counter::dropReplay);
  history.handshakeAny = true;
  history.handshakeSeen = payload->handshakeCounter;
  context_.lane->counters.add(Counter::handshakeRxOctets, datagram.size());
  context_.lane->counters.add(Counter::handshakeRxPackets);
  respond(responder, {*peer, view.header.session, *payload}, answer);
}

ResponseCode EgressRole::admit(const Initiation& initiation) {
  const Nanos rekey = static_cast<Nanos>(initiation.payload.rekeyIntervalMs) * MILLISECOND;
  const Nanos lifetime = static_cast<Nanos>(initiation.payload.sessionLifetimeMs) * MILLISECOND;
  if (rekey < MIN_REKEY_INTERVAL || rekey > MAX_SESSION_DURATION || lifetime < MIN_SESSION_LIFETIME ||
      lifetime > MAX_SESSION_DURATION)
    return ResponseCode::limit;
  if (Session* known = sessions_.find(initiation.session)) {
    // The answer to an earlier attempt was lost; an opened session is never thrown away for a new attempt.
    const bool retried = known->role == SessionRole::egress && known->ingressPeer == initiation.peer.index &&
                         !static_cast<EgressSession&>(*known).confirmed;
    if (!retried) return ResponseCode::sessionTaken;
    remove(static_cast<EgressSession&>(*known));
  }
  if (sessions_.full() || initiation.peer.sessionsHeld >= MAX_SESSIONS_PER_INGRESS ||
      channel_.secretsOf(initiation.peer) == nullptr)
    return ResponseCode::limit;
  return ResponseCode::ok;
}

void EgressRole::respond(NoiseIkResponder& responder, const Initiation& initiation, Via answer) {
  const auto suite = chooseSuite(initiation.payload.suites, initiation.payload.preferred, context_.init.preferredSuite);
  if (!suite) return context_.drop(Counter::dropMalformed);
  const ResponsePayload answered{admit(initiation), *suite};
  std::array<std::uint8_t, RESPONSE_PACKET_OCTETS> packet;
  const HandshakeHeader header{HandshakeMessage::response, context_.ownKeyId, initiation.peer.keyId, initiation.session,
                               context_.init.sid};
  const auto payload = encodeResponsePayload(answered);
  if (!writeHandshakeHeader(header, packet) ||
      !responder.writeResponse(context_.random, payload, handshakeNoise(packet)))
    return;
  writeMacs(packet, initiation.peer.mac1Key);
  if (answered.code == ResponseCode::ok) {
    auto keys = responder.split();
    if (!keys) return;
    create(std::move(*keys), initiation, *suite);
  }
  channel_.sendPacket(initiation.peer, PacketKind::handshake, packet, answer);
}

void EgressRole::create(NoiseTransport keys, const Initiation& initiation, AeadSuite suite) {
  Peer& peer = initiation.peer;
  const Nanos rekey = static_cast<Nanos>(initiation.payload.rekeyIntervalMs) * MILLISECOND;
  HopRoot root = deriveHopRoot(channel_.secretsOf(peer)->root, initiation.session, Direction::forward);
  auto session = std::make_unique<EgressSession>(initiation.session, context_.lanes.size(), keys, root, context_.now,
                                                 rekey, suite);
  session->ingress = peer.config.sid;
  session->egress = context_.init.sid;
  session->ingressPeer = peer.index;
  session->suite = suite;
  session->opened = context_.now;
  session->expires = context_.now + 2 * static_cast<Nanos>(initiation.payload.sessionLifetimeMs) * MILLISECOND;
  ++peer.sessionsHeld;
  sessions_.add(std::move(session));
}

}  // namespace srwan
