#include "engine/ingress_role.h"

#include <algorithm>

#include "engine/inner_packet_filter.h"
#include "engine/session_end.h"
#include "engine/transit_role.h"

namespace srwan {

IngressRole::IngressRole(EngineContext& context, PairChannel& channel, SessionTable& sessions, PolicyTable& policies)
    : context_(context),
      channel_(channel),
      sessions_(sessions),
      policies_(policies),
      opener_(context, channel),
      announcer_(context, channel) {}

IngressSession* IngressRole::find(std::uint32_t id) const {
  Session* session = id == 0 ? nullptr : sessions_.find(id);
  return session != nullptr && session->role == SessionRole::ingress ? static_cast<IngressSession*>(session) : nullptr;
}

IngressSession* IngressRole::current(const Peer& peer) const { return find(peer.session); }

IngressSession* IngressRole::ensure(Peer& peer) {
  if (IngressSession* session = current(peer)) return session;
  if (context_.now < peer.nextSessionNotBefore) return nullptr;
  return start(peer, 0);
}

void IngressRole::replace(Peer& peer) {
  if (peer.nextSession == 0 && context_.now >= peer.nextSessionNotBefore) start(peer, 0);
}

IngressSession* IngressRole::start(Peer& peer, std::uint32_t redraws) {
  PairSecrets* secrets = channel_.secretsOf(peer);
  if (secrets == nullptr || sessions_.full()) return nullptr;
  std::uint32_t id = context_.random.nextNonZero32();
  while (sessions_.find(id) != nullptr) id = context_.random.nextNonZero32();
  auto owned = std::make_unique<IngressSession>(
      id, context_.lanes.size(), deriveHopRoot(secrets->root, id, Direction::reverse),
      deriveHopRoot(secrets->root, id, Direction::forward), context_.now, context_.init.rekeyInterval);
  owned->ingress = context_.init.sid;
  owned->egress = peer.config.sid;
  owned->egressPeer = peer.index;
  owned->redraws = redraws;
  auto& session = static_cast<IngressSession&>(sessions_.add(std::move(owned)));
  (peer.session == 0 ? peer.session : peer.nextSession) = id;
  attempt(session);
  IngressSession* alive = find(id);
  // Transits are asked while the egress still answers: the first packet waits for one round trip, not for two.
  if (alive != nullptr) refresh(*alive);
  return alive;
}

void IngressRole::onAnswer(Peer& from, const AnswerMessage& answer) {
  IngressSession* session = find(answer.session);
  if (session == nullptr || session->lingering()) return context_.drop(Counter::dropUnknownSession);
  if (answer.of == ControlMessage::paths) {
    if (from.index != session->egressPeer) return context_.drop(Counter::dropSourceNotAllowed);
    const auto policies = policies_.of(from);
    if (!announcer_.onAnswer(*session, policies.view(), answer)) return;
  } else {
    const auto outcome = opener_.onAnswer(*session, from, answer);
    if (outcome == HopOpener::Outcome::sessionTaken) return redraw(*session);
    if (outcome == HopOpener::Outcome::ignored) return;
  }
  pursue(*session);
  if (const Peer* peer = context_.peers.at(session->egressPeer); peer != nullptr && peer->nextSession == session->id)
    considerTakeOver(*session);
  listener_->onPathsChanged(*session);
}

void IngressRole::refresh(IngressSession& session) {
  if (session.lingering()) return;
  listener_->wantPaths(session);
  pursue(session);
}

void IngressRole::pursue(IngressSession& session) {
  Nanos next = opener_.pursue(session);
  if (const Peer* peer = context_.peers.at(session.egressPeer)) {
    const auto policies = policies_.of(*peer);
    next = std::min(next, announcer_.pursue(session, policies.view()));
  }
  if (session.drainUntil != NEVER) next = std::min(next, session.drainUntil);
  if (next != NEVER) session.control.arm(context_.timers, next, TimerKind::control, session.id);
}

void IngressRole::announceNow(IngressSession& session) {
  if (const Peer* peer = context_.peers.at(session.egressPeer)) {
    const auto policies = policies_.of(*peer);
    announcer_.announceNow(session, policies.view());
  }
  pursue(session);
}

void IngressRole::onControlTimer(std::uint32_t id, Nanos at) {
  IngressSession* session = find(id);
  if (session == nullptr || !session->control.fired(at)) return;
  if (session->lingering()) {
    if (context_.now >= session->lingerUntil) return finish(*session);
    return session->control.arm(context_.timers, session->lingerUntil, TimerKind::control, id);
  }
  if (context_.now >= session->drainUntil) return close(*session, "replaced");
  const Peer* peer = context_.peers.at(session->egressPeer);
  if (peer != nullptr && peer->nextSession == id) {
    considerTakeOver(*session);
  }
  pursue(*session);
}

void IngressRole::considerTakeOver(IngressSession& session) {
  if (session.state != SessionState::open) return;
  Peer* peer = context_.peers.at(session.egressPeer);
  if (!listener_->replacementReady(session) && context_.now < session.openSince + TAKE_OVER) {
    session.control.arm(context_.timers, session.openSince + TAKE_OVER, TimerKind::control, session.id);
    return;
  }
  IngressSession* old = current(*peer);
  peer->session = session.id;
  peer->nextSession = 0;
  listener_->onSessionInUse(session);
  if (old == nullptr) return;
  old->state = SessionState::closing;
  old->drainUntil = context_.now + DRAIN;
  old->control.arm(context_.timers, old->drainUntil, TimerKind::control, old->id);
}

bool IngressRole::sendable(const Lane& lane, const IngressSession& session, std::int32_t slot) {
  if (slot < 0 || !session.keyed()) return false;
  const IngressPath& path = session.forward[static_cast<std::size_t>(slot)];
  return path.used && context_.peers.find(path.sender.path.first()) != nullptr &&
         !session.ends[lane.index].sender->exhausted(path.sender);
}

std::size_t IngressRole::send(Lane& lane, IngressSession& session, std::int32_t slot, ByteSpan buffer,
                              std::size_t size) {
  if (slot < 0 || !session.keyed()) return 0;
  IngressPath& path = session.forward[static_cast<std::size_t>(slot)];
  const Peer* next = path.used ? context_.peers.find(path.sender.path.first()) : nullptr;
  if (next == nullptr) return 0;
  const ByteSpan datagram = datagramAround(path.sender, buffer, size);
  return sendFromEnd(lane, session, path.sender, *next, datagram) ? datagram.size() : 0;
}

Outcome IngressRole::onPacket(Lane& lane, IngressSession& session, unsigned own, const SegmentPacketView& packet,
                              bool alone) {
  const auto refuse = [&](Counter counter) { return lane.drop(counter), Outcome::done; };
  if (packet.direction() != Direction::reverse || !session.keyed()) return refuse(Counter::dropUnknownSession);
  if (packet.currentSid() != context_.init.sid || !packet.isLast()) return refuse(Counter::dropNotNextSegment);
  const Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr) return refuse(Counter::dropUnknownPeer);
  const auto plaintext = openAtEnd(lane, session, own, packet);
  if (!plaintext) return Outcome::done;
  const std::size_t octets = packet.datagram().size();
  if (dataContent(*plaintext) == DataContent::ipPacket) {
    lane.counters.add(Counter::dataRxOctets, octets);
    lane.counters.add(Counter::dataRxPackets);
    deliverInner(context_, lane, *peer, *plaintext);
    Policy* policy = listener_->policyOf(session, packet.color());
    if (policy == nullptr || listener_->noteData(lane, *policy, alone)) return Outcome::done;
  }
  // The rest of it is for the one that is alone.
  lane.content = {session.id, octets, *plaintext, pathOf(packet.stream())};
  lane.content.color = packet.color();
  return Outcome::content;
}

void IngressRole::onContent(IngressSession& session, const OpenedContent& content) {
  const auto kind = dataContent(content.plaintext);
  if (kind == DataContent::ipPacket) {
    if (Policy* policy = listener_->policyOf(session, content.color))
      listener_->noteData(*context_.lane, *policy, true);
    return;
  }
  if (kind == DataContent::echo) {
    const auto echo = decodeEcho(content.plaintext);
    if (!echo) return context_.drop(Counter::dropMalformed);
    context_.lane->counters.add(Counter::echoRxOctets, content.octets);
    context_.lane->counters.add(Counter::echoRxPackets);
    return onEcho(session, *echo, content.pathId);
  }
  const auto reply = kind == DataContent::probeReply ? decodePathProbeReply(content.plaintext) : std::nullopt;
  if (!reply) return context_.drop(Counter::dropMalformed);
  context_.lane->counters.add(Counter::pathProbeRxOctets, content.octets);
  context_.lane->counters.add(Counter::pathProbeRxPackets);
  listener_->onProbeReply(session, *reply);
}

void IngressRole::tellTransits(IngressSession& session, std::uint8_t reason) {
  std::array<std::uint8_t, CLOSE_OCTETS> octets;
  if (encodeClose({reason, session.id}, octets) != octets.size()) return;
  for (const SessionHop& hop : session.hops) {
    Peer* peer = context_.peers.at(hop.peer);
    if (peer != nullptr && (hop.answered[0] || hop.answered[1] || hop.repetition.outstanding))
      channel_.send(*peer, PacketKind::sessionControl, octets);
  }
}

void IngressRole::tellEgress(IngressSession& session, std::uint8_t reason) {
  std::array<std::uint8_t, CLOSE_OCTETS> octets;
  if (encodeClose({reason, session.id}, octets) != octets.size()) return;
  Peer* egress = context_.peers.at(session.egressPeer);
  if (egress != nullptr && session.keyed()) channel_.send(*egress, PacketKind::sessionControl, octets);
}

void IngressRole::close(IngressSession& session, const char* cause) {
  if (!session.lingering()) {
    leaveUse(session, cause);
    if (linger(session)) return;
  } else if (context_.peers.at(session.egressPeer) != nullptr) {
    return;
  }
  finish(session);
}

void IngressRole::closeAtOnce(IngressSession& session, const char* cause) {
  if (!session.lingering()) leaveUse(session, cause);
  finish(session);
}

void IngressRole::leaveUse(IngressSession& session, const char* cause) {
  session.closeReason = session.state == SessionState::closing ? 1 : 0;
  tellEgress(session, session.closeReason);
  session.state = SessionState::closing;
  context_.lane->output.event(SessionEvent{session.egress, SessionChange::closed, cause});
  detach(session, false);
}

void IngressRole::detach(IngressSession& session, bool failed) {
  if (Peer* peer = context_.peers.at(session.egressPeer)) {
    if (peer->session == session.id) peer->session = 0;
    if (peer->nextSession == session.id) peer->nextSession = 0;
  }
  listener_->onSessionGone(session, failed);
}

void IngressRole::finish(IngressSession& session) {
  tellTransits(session, session.closeReason);
  endSession(context_, sessions_, session);
}

void IngressRole::sweep(IngressSession& session) {
  session.gather(context_.now);
  if (context_.now >= session.expires) return close(session, "hard stop");
  if (!session.keyed()) return;
  context_.lane->counters.add(Counter::rekeys, session.sweepKeys(context_.now));
  Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr || peer->session != session.id || context_.now < session.opened + context_.init.sessionLifetime)
    return;
  if (listener_->stillNeeded(*peer)) {
    replace(*peer);
  } else {
    close(session, "idle");
  }
}

}  // namespace srwan
