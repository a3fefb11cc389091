// The initiator's side of the handshake.
#include <algorithm>

#include "engine/ingress_role.h"
#include "engine/session_end.h"

namespace srwan {
namespace {

// Until the next initiation, by those sent so far: they go out 0, 1, 2, 4 and 8 s after the first; 4 s more and it has
// failed.
constexpr std::array<Nanos, 6> WAITS = {0, SECOND, SECOND, 2 * SECOND, 4 * SECOND, 4 * SECOND};

std::uint32_t milliseconds(Nanos duration) { return static_cast<std::uint32_t>(duration / MILLISECOND); }

}  // namespace

void IngressRole::attempt(IngressSession& session) {
  Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr) return;
  if (session.attempts >= MAX_ATTEMPTS) return fail(session, "no answer to the handshake");
  ++session.attempts;
  session.cookieRetried = false;
  session.nextAttempt = context_.now + WAITS[session.attempts];
  context_.timers.schedule(session.nextAttempt, TimerKind::handshake, session.id);
  initiate(session, *peer, session.attempts > 1 ? channel_.relayFor(*peer, session.attempts) : -1);
}

bool IngressRole::initiate(IngressSession& session, Peer& peer, std::int32_t relay) {
  // Both ends count key epochs from the message that opened the session.
  session.opened = context_.now;
  session.expires = context_.now + 2 * context_.init.sessionLifetime;
  session.setOpened(context_.now);
  ++session.initiations;
  const HandshakePrologue prologue(context_.init.networkId, session.id, context_.init.sid, peer.config.sid);
  session.attempt.emplace(context_.keys, peer.config.publicKey, prologue.view());
  std::array<std::uint8_t, INITIATION_PACKET_OCTETS> packet;
  const HandshakeHeader header{HandshakeMessage::initiation, context_.ownKeyId, peer.keyId, session.id,
                               context_.init.sid};
  const auto payload = encodeInitiationPayload({++handshakeCounter_, milliseconds(context_.init.rekeyInterval),
                                                milliseconds(context_.init.sessionLifetime), KNOWN_SUITES,
                                                static_cast<std::uint8_t>(context_.init.preferredSuite)});
  if (!writeHandshakeHeader(header, packet) ||
      !session.attempt->writeInitiation(context_.random, payload, handshakeNoise(packet))) {
    fail(session, "the egress's key is not usable");
    return false;
  }
  writeMacs(packet, peer.mac1Key);
  if (context_.now < peer.cookieUntil) writeMac2(packet, peer.cookie);
  std::copy_n(mac1Of(packet).begin(), session.mac1.size(), session.mac1.begin());
  session.awaitsCookie = true;
  channel_.sendPacket(peer, PacketKind::handshake, packet, {true, relay});
  return true;
}

void IngressRole::onHandshakeTimer(std::uint32_t id) {
  IngressSession* session = find(id);
  if (session == nullptr || session->state != SessionState::opening || context_.now < session->nextAttempt) return;
  attempt(*session);
}

IngressSession* IngressRole::answered(const HandshakeView& view) {
  const auto refuse = [&](Counter counter) -> IngressSession* {
    context_.drop(counter);
    return nullptr;
  };
  IngressSession* session = find(view.header.session);
  if (session == nullptr) return refuse(Counter::dropUnknownSession);
  const Peer* peer = context_.peers.at(session->egressPeer);
  if (peer == nullptr || view.header.sender != session->egress) return refuse(Counter::dropUnknownPeer);
  if (view.header.receiverKeyId != context_.ownKeyId || view.header.senderKeyId != peer->keyId)
    return refuse(Counter::dropUnknownKey);
  if (session->state != SessionState::opening || !session->attempt) return refuse(Counter::dropReplay);
  if (!session->answersIn.take(context_.now)) return refuse(Counter::dropRateLimited);
  return session;
}

void IngressRole::onCookieReply(ByteView datagram, const HandshakeView& view) {
  IngressSession* session = answered(view);
  if (session == nullptr) return;
  if (!session->awaitsCookie) return context_.drop(Counter::dropReplay);
  Peer* peer = context_.peers.at(session->egressPeer);
  AeadOpener opener(cookieReplyKey(peer->config.publicKey));
  const auto cookie = openCookieReply(opener, datagram, session->mac1);
  if (!cookie) return context_.drop(Counter::dropAuthentication);
  context_.lane->counters.add(Counter::handshakeRxOctets, datagram.size());
  context_.lane->counters.add(Counter::handshakeRxPackets);
  session->awaitsCookie = false;
  peer->cookie = *cookie;
  peer->cookieUntil = context_.now + COOKIE_LIFETIME;
  // At once, but only once an attempt: two ends that disagree about the cookie must not spin.
  if (session->cookieRetried) return;
  session->cookieRetried = true;
  initiate(*session, *peer, -1);
}

void IngressRole::onResponse(ByteView datagram, const HandshakeView& view) {
  if (!verifyMac1(datagram, context_.ownMac1Key)) return context_.drop(Counter::dropAuthentication);
  IngressSession* session = answered(view);
  if (session == nullptr) return;
  std::array<std::uint8_t, RESPONSE_PAYLOAD_OCTETS> payload;
  if (!session->attempt->readResponse(view.noise, payload)) return context_.drop(Counter::dropAuthentication);
  context_.lane->counters.add(Counter::handshakeRxOctets, datagram.size());
  context_.lane->counters.add(Counter::handshakeRxPackets);
  const auto answer = decodeResponsePayload(payload);
  if (!answer) return context_.drop(Counter::dropMalformed);
  if (answer->code == ResponseCode::sessionTaken) return redraw(*session);
  auto keys = session->attempt->split();
  if (answer->code != ResponseCode::ok || !keys) return fail(*session, "the egress refused: too many sessions");
  session->suite = answer->suite;
  session->startKeys(Direction::forward, keys->forward, keys->reverse, session->opened, session->rekeyInterval);
  session->attempt.reset();
  opened(*session);
}

void IngressRole::opened(IngressSession& session) {
  session.state = SessionState::open;
  session.openSince = context_.now;
  context_.lane->counters.add(Counter::sessionsOpened);
  // Transits that answered counted the session's age from an earlier initiation.
  if (session.initiations > 1) opener_.restart(session);
  Peer* peer = context_.peers.at(session.egressPeer);
  context_.lane->output.event(
      SessionEvent{session.egress, SessionChange::open, peer->session == session.id ? "opened" : "replacement opened"});
  refresh(session);
  if (peer->session == session.id) {
    listener_->onSessionInUse(session);
  } else {
    considerTakeOver(session);
  }
}

void IngressRole::redraw(IngressSession& session) {
  Peer* peer = context_.peers.at(session.egressPeer);
  const std::uint32_t redraws = session.redraws + 1;
  if (redraws > MAX_REDRAWS || peer == nullptr) return fail(session, "every session id that was drawn is taken");
  // A session that carries data stays until its successor has opened.
  if (session.state == SessionState::open && peer->session == session.id) {
    if (peer->nextSession == 0) start(*peer, redraws);
    return;
  }
  tellTransits(session, 0);
  tellEgress(session, 0);
  const bool inUse = peer->session == session.id;
  (inUse ? peer->session : peer->nextSession) = 0;
  endSession(context_, sessions_, session);
  start(*peer, redraws);
}

void IngressRole::fail(IngressSession& session, const char* cause) {
  context_.lane->counters.add(Counter::sessionsFailed);
  if (Peer* peer = context_.peers.at(session.egressPeer)) peer->nextSessionNotBefore = context_.now + AFTER_FAILURE;
  context_.lane->output.event(SessionEvent{session.egress, SessionChange::failed, cause});
  detach(session, true);
  finish(session);
}

}  // namespace srwan
