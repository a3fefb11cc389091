#include "engine/egress_role.h"

#include <algorithm>

namespace srwan {

SenderPath* EgressSession::path(std::uint8_t id) {
  for (auto& entry : paths) {
    if (entry->id == id) return entry.get();
  }
  return nullptr;
}

SenderPath* EgressSession::activePath(std::uint8_t color) {
  if (active[color] != NO_PATH) return path(active[color]);
  for (const std::uint8_t id : active) {
    if (id != NO_PATH) return path(id);
  }
  return nullptr;
}

AnswerCode EgressRole::takePaths(Peer& ingress, PathsMessage& message) {
  Session* known = sessions_.find(message.session);
  if (known == nullptr || known->role != SessionRole::egress || known->ingressPeer != ingress.index)
    return AnswerCode::unknownSession;
  auto& session = static_cast<EgressSession&>(*known);
  if (session.pathsAny && message.sequence <= session.pathsSequence) return AnswerCode::ok;
  PairSecrets* secrets = channel_.secretsOf(ingress);
  if (secrets == nullptr) return AnswerCode::limit;
  session.pathsAny = true;
  session.pathsSequence = message.sequence;
  for (std::size_t i = 0; i < message.count; ++i) takePath(session, *secrets, message.paths[i]);
  if (const SenderPath* active = session.path(message.active)) {
    session.active[active->color] = message.active;
    session.standby[active->color] = message.standby;
  }
  adopt(ingress, session);
  return AnswerCode::ok;
}

void EgressRole::takePath(EgressSession& session, PairSecrets& secrets, ReversePath& announced) {
  const SegmentPath path{announced.segmentCount, announced.segments};
  for (const Segment& segment : path.view()) {
    if (segment.sid == context_.init.sid) return context_.drop(Counter::dropMalformed);
  }
  if (path.segments[path.count - 1u].sid != session.ingress) return context_.drop(Counter::dropMalformed);
  auto at = std::find_if(session.paths.begin(), session.paths.end(),
                         [&](const auto& entry) { return entry->id == announced.pathId; });
  std::unique_ptr<SenderPath> entry = at == session.paths.end() ? std::make_unique<SenderPath>() : std::move(*at);
  if (at != session.paths.end()) session.paths.erase(at);
  entry->id = announced.pathId;
  entry->color = announced.color;
  entry->path = path;
  for (std::size_t i = 0; i < path.transits(); ++i) entry->roots[i] = announced.hopRoots[i].clone();
  entry->roots[path.transits()] = deriveHopRoot(secrets.root, session.id, Direction::reverse);
  entry->forgetKeys();
  session.paths.push_back(std::move(entry));
  if (session.paths.size() > EgressSession::MAX_REVERSE_PATHS) session.paths.erase(session.paths.begin());
}

void EgressRole::adopt(Peer& peer, const EgressSession& session) {
  if (!session.confirmed || !session.pathsAny || peer.reverseSession == session.id) return;
  const Session* current = sessions_.find(peer.reverseSession);
  // Of two sessions of one ingress the younger one is going to stay.
  if (current == nullptr || current->opened <= session.opened) peer.reverseSession = session.id;
}

void EgressRole::onPaths(Peer& ingress, PathsMessage& message) {
  AnswerMessage answer;
  answer.code = takePaths(ingress, message);
  answer.of = ControlMessage::paths;
  answer.session = message.session;
  answer.sequence = message.sequence;
  channel_.answer(ingress, answer);
}

void EgressRole::onPacket(EgressSession& session, const SegmentPacketView& packet) {
  if (packet.direction() != Direction::forward) return context_.drop(Counter::dropUnknownSession);
  if (packet.currentSid() != context_.init.sid || !packet.isLast()) return context_.drop(Counter::dropNotNextSegment);
  const auto check = session.hop.check(packet, session.clock, context_.now);
  if (check.verdict != HopReceiver::Verdict::accepted) return context_.drop(counterOf(check.verdict));
  AeadOpener* opener = session.receiver.opener(check.epoch);
  if (opener == nullptr) return context_.drop(Counter::dropKeyEpoch);
  const std::size_t octets = packet.datagram().size();
  advanceHop(packet, *check.hop);
  const auto plaintext = openSegmentPacket(packet, *opener);
  if (!plaintext) return context_.drop(Counter::dropAuthentication);
  session.hop.accept(packet, check.epoch);
  session.clock.authenticated(check.epoch, context_.now);
  session.forwardOctets += octets;
  Peer* peer = context_.peers.at(session.ingressPeer);
  if (peer == nullptr) return context_.drop(Counter::dropUnknownPeer);
  if (!session.confirmed) {
    session.confirmed = true;
    session.state = SessionState::open;
    context_.counters.add(Counter::sessionsOpened);
  }
  adopt(*peer, session);
  const auto content = dataContent(*plaintext);
  if (content == DataContent::ipPacket) {
    context_.counters.add(Counter::dataRxOctets, octets);
    context_.counters.add(Counter::dataRxPackets);
    session.lastColor = packet.color();
    return deliverInner(context_, *peer, *plaintext);
  }
  const auto request = content == DataContent::probeRequest ? decodePathProbeRequest(*plaintext) : std::nullopt;
  if (!request) return context_.drop(Counter::dropMalformed);
  context_.counters.add(Counter::pathProbeRxOctets, octets);
  context_.counters.add(Counter::pathProbeRxPackets);
  reflect(session, *request, plaintext->size());
}

void EgressRole::reflect(EgressSession& session, const PathProbeRequestBody& request, std::size_t size) {
  SenderPath* path = session.path(request.replyPath);
  if (path == nullptr) return context_.drop(Counter::dropNoRoute);
  if (request.activateReplyPath) session.active[path->color] = path->id;
  PathProbeReplyBody reply;
  reply.replyPath = request.replyPath;
  reply.sequence = request.sequence;
  reply.t1 = request.t1;
  reply.t2 = context_.arrival;
  reply.clockEpoch = context_.clock.epoch();
  reply.t3 = context_.clock.now();
  const std::size_t octets = std::min(size, MAX_INNER_PACKET);
  if (!encodePathProbeReply(reply, ByteSpan(reply_).subspan(HEADROOM, octets)))
    return context_.drop(Counter::dropMalformed);
  const ByteSpan datagram = session.sender.seal(*path, path->color, reply_, octets, context_.now);
  const Peer* next = context_.peers.find(path->path.first());
  if (datagram.empty() || next == nullptr) return context_.drop(Counter::dropUnknownNextSegment);
  context_.counters.add(Counter::pathProbeTxOctets, datagram.size());
  context_.counters.add(Counter::pathProbeTxPackets);
  session.reverseOctets += datagram.size();
  context_.output.sendDatagram(next->config.endpoint, datagram);
}

bool EgressRole::sendBack(EgressSession& session, ByteSpan buffer, std::size_t size) {
  SenderPath* path = session.confirmed ? session.activePath(session.lastColor) : nullptr;
  const Peer* next = path == nullptr ? nullptr : context_.peers.find(path->path.first());
  if (next == nullptr) return false;
  const ByteSpan datagram = session.sender.seal(*path, path->color, buffer, size, context_.now);
  if (datagram.empty()) return context_.drop(Counter::dropTooBig), true;
  context_.counters.add(Counter::dataTxOctets, datagram.size());
  context_.counters.add(Counter::dataTxPackets);
  session.reverseOctets += datagram.size();
  context_.output.sendDatagram(next->config.endpoint, datagram);
  return true;
}

void EgressRole::sweep(EgressSession& session) {
  const std::uint32_t oldest = session.clock.oldest(context_.now);
  const std::uint32_t newest = session.clock.current(context_.now) + 1;
  session.hop.forgetBefore(oldest, newest);
  session.receiver.forgetBefore(oldest, newest);
  context_.counters.add(Counter::rekeys, session.sender.ratchetTo(session.sender.epoch(context_.now)));
}

void EgressRole::remove(EgressSession& session) {
  if (Peer* peer = context_.peers.at(session.ingressPeer)) {
    if (peer->reverseSession == session.id) peer->reverseSession = 0;
    if (peer->sessionsHeld > 0) --peer->sessionsHeld;
  }
  sessions_.remove(session.id);
}

}  // namespace srwan
