#include "engine/egress_role.h"

#include <algorithm>

#include "engine/session_end.h"

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

std::size_t EgressSession::mtuOf(const SenderPath& used) {
  const std::uint8_t id = standby[used.color];
  const SenderPath* other = id == NO_PATH ? nullptr : path(id);
  return other == nullptr || other->mtu == 0 ? used.mtu : std::min(used.mtu, other->mtu);
}

std::size_t EgressSession::mtu() {
  const SenderPath* used = activePath(lastColor.load(std::memory_order_relaxed));
  return used == nullptr ? 0 : mtuOf(*used);
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
  if (session.confirmed && adoptable(ingress, session)) ingress.reverseSession = session.id;
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
  if (!(entry->path == path)) entry->leave(session.sent);
  if (at != session.paths.end()) session.paths.erase(at);
  entry->id = announced.pathId;
  entry->color = announced.color;
  entry->mtu = announced.mtu;
  entry->path = path;
  for (std::size_t i = 0; i < path.transits(); ++i) entry->roots[i] = announced.hopRoots[i].clone();
  entry->roots[path.transits()] = deriveHopRoot(secrets.root, session.id, Direction::reverse);
  entry->forgetKeys();
  session.paths.push_back(std::move(entry));
  if (session.paths.size() > EgressSession::MAX_REVERSE_PATHS) {
    session.paths.front()->leave(session.sent);
    session.paths.erase(session.paths.begin());
  }
}

bool EgressRole::adoptable(const Peer& peer, const EgressSession& session) const {
  if (!session.pathsAny || peer.reverseSession == session.id) return false;
  const Session* current = sessions_.find(peer.reverseSession);
  // Of two sessions of one ingress the younger one is going to stay.
  return current == nullptr || current->opened <= session.opened;
}

void EgressRole::onPaths(Peer& ingress, PathsMessage& message) {
  AnswerMessage answer;
  answer.code = takePaths(ingress, message);
  answer.of = ControlMessage::paths;
  answer.session = message.session;
  answer.sequence = message.sequence;
  channel_.answer(ingress, answer);
}

Outcome EgressRole::onPacket(Lane& lane, EgressSession& session, unsigned own, const SegmentPacketView& packet,
                             bool alone) {
  const auto refuse = [&](Counter counter) { return lane.drop(counter), Outcome::done; };
  if (packet.direction() != Direction::forward) return refuse(Counter::dropUnknownSession);
  if (packet.currentSid() != context_.init.sid || !packet.isLast()) return refuse(Counter::dropNotNextSegment);
  Peer* peer = context_.peers.at(session.ingressPeer);
  if (peer == nullptr) return refuse(Counter::dropUnknownPeer);
  const bool changes = !session.confirmed || !session.echoArmed || adoptable(*peer, session);
  if (changes && !alone) return Outcome::control;
  const auto plaintext = openAtEnd(lane, session, own, packet);
  if (!plaintext) return Outcome::done;
  if (changes) {
    if (!session.confirmed) lane.counters.add(Counter::sessionsOpened);
    session.confirmed = true;
    session.state = SessionState::open;
    if (adoptable(*peer, session)) peer->reverseSession = session.id;
    if (!session.echoArmed) armEcho(session, ECHO_INTERVAL);
  }
  const std::size_t octets = packet.datagram().size();
  if (dataContent(*plaintext) != DataContent::ipPacket) {
    lane.content = {session.id, octets, *plaintext, pathOf(packet.stream())};
    return Outcome::content;
  }
  lane.counters.add(Counter::dataRxOctets, octets);
  lane.counters.add(Counter::dataRxPackets);
  if (session.lastColor.load(std::memory_order_relaxed) != packet.color())
    session.lastColor.store(packet.color(), std::memory_order_relaxed);
  deliverInner(context_, lane, *peer, *plaintext);
  return Outcome::done;
}

void EgressRole::onContent(EgressSession& session, const OpenedContent& content) {
  const auto request = dataContent(content.plaintext) == DataContent::probeRequest
                           ? decodePathProbeRequest(content.plaintext)
                           : std::nullopt;
  if (!request) return context_.drop(Counter::dropMalformed);
  context_.lane->counters.add(Counter::pathProbeRxOctets, content.octets);
  context_.lane->counters.add(Counter::pathProbeRxPackets);
  reflect(session, *request, content.plaintext.size());
}

void EgressRole::reflect(EgressSession& session, const PathProbeRequestBody& request, std::size_t size) {
  if (!session.reflections.take(context_.now)) return context_.drop(Counter::dropRateLimited);
  SenderPath* path = session.path(request.replyPath);
  if (path == nullptr) return context_.drop(Counter::dropNoRoute);
  const bool newer = !session.activatedBy || static_cast<std::int32_t>(request.sequence - *session.activatedBy) > 0;
  if (request.activateReplyPath && newer) {
    session.active[path->color] = path->id;
    session.activatedBy = request.sequence;
  }
  PathProbeReplyBody reply;
  reply.replyPath = request.replyPath;
  reply.sequence = request.sequence;
  reply.t1 = request.t1;
  reply.t2 = context_.arrival;
  reply.clockEpoch = context_.clock.epoch();
  reply.t3 = context_.clock.now();
  const std::size_t wanted =
      request.replySize == 0 ? size : std::max<std::size_t>(request.replySize, MIN_PATH_PROBE_OCTETS);
  const std::size_t octets = std::min(wanted, MAX_INNER_PACKET);
  if (octets > size && !largeReplies_.take(context_.now)) return context_.drop(Counter::dropRateLimited);
  if (!encodePathProbeReply(reply, ByteSpan(reply_).subspan(HEADROOM, octets)))
    return context_.drop(Counter::dropMalformed);
  Lane& lane = *context_.lane;
  session.leaveExhausted(lane.index, *path);
  const Peer* next = context_.peers.find(path->path.first());
  const ByteSpan datagram = datagramAround(*path, reply_, octets);
  if (next == nullptr || !sendFromEnd(lane, session, *path, *next, datagram))
    return context_.drop(Counter::dropUnknownNextSegment);
  lane.counters.add(Counter::pathProbeTxOctets, datagram.size());
  lane.counters.add(Counter::pathProbeTxPackets);
}

SenderPath* EgressRole::wayBack(const Lane& lane, EgressSession& session, bool alone) {
  SenderPath* path =
      session.confirmed ? session.activePath(session.lastColor.load(std::memory_order_relaxed)) : nullptr;
  if (path == nullptr || path->mtu == 0 || context_.peers.find(path->path.first()) == nullptr) return nullptr;
  if (alone) session.leaveExhausted(lane.index, *path);
  return session.ends[lane.index].sender->exhausted(*path) ? nullptr : path;
}

void EgressRole::sweep(EgressSession& session) {
  session.gather(context_.now);
  context_.lane->counters.add(Counter::rekeys, session.sweepKeys(context_.now));
}

void EgressRole::remove(EgressSession& session) {
  if (Peer* peer = context_.peers.at(session.ingressPeer)) {
    if (peer->reverseSession == session.id) peer->reverseSession = 0;
    if (peer->sessionsHeld > 0) --peer->sessionsHeld;
  }
  endSession(context_, sessions_, session);
}

}  // namespace srwan
