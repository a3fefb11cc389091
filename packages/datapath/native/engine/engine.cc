#include "engine/engine.h"

#include "engine/session_end.h"

namespace srwan {

namespace {

std::vector<Lane> lanesOf(const std::vector<EngineParts::LaneParts>& parts) {
  std::vector<Lane> lanes;
  lanes.reserve(parts.size());
  for (const EngineParts::LaneParts& part : parts)
    lanes.emplace_back(static_cast<unsigned>(lanes.size()), part.output, part.counters);
  return lanes;
}

}  // namespace

Engine::Engine(EngineInit init, EngineParts parts)
    : context_{std::move(init),
               parts.keys,
               parts.random,
               parts.clock,
               lanesOf(parts.lanes),
               keyId(parts.keys.publicKey()),
               mac1Key(parts.keys.publicKey()),
               {},
               {},
               {}},
      channel_(context_),
      exchange_(context_, channel_),
      relay_(context_, channel_),
      transit_(context_, channel_, sessions_),
      egress_(context_, channel_, sessions_),
      headend_(context_, channel_, sessions_, egress_),
      clockEpoch_(parts.clock.epoch()) {
  context_.lane = &context_.lanes.front();
}

void Engine::enter(Nanos now) {
  Lane& lane = context_.lanes.front();
  lane.now = now;
  context_.enter(lane);
}

void Engine::onDatagram(ByteSpan datagram, const UnderlayEndpoint& from, Nanos now, Nanos arrival) {
  Lane& lane = context_.lanes.front();
  lane.now = now;
  lane.arrival = arrival;
  onDatagram(lane, datagram, from);
}

void Engine::onDatagram(Lane& lane, ByteSpan datagram, const UnderlayEndpoint& from) {
  context_.enter(lane);
  const auto kind = packetKind(datagram);
  if (!kind) return context_.drop(Counter::dropMalformed);
  switch (*kind) {
    case PacketKind::dataForward:
    case PacketKind::dataReverse:
      if (forward(lane, datagram, true) == Outcome::content) onContent(lane);
      return;
    case PacketKind::handshake:
      return onHandshake(datagram, &from);
    default:
      return onPairPacket(datagram);
  }
}

Outcome Engine::forward(Lane& lane, ByteSpan datagram, bool alone) {
  const auto kind = packetKind(datagram);
  if (kind != PacketKind::dataForward && kind != PacketKind::dataReverse) return Outcome::control;
  const auto packet = SegmentPacketView::parse(datagram);
  if (!packet) return lane.drop(Counter::dropMalformed), Outcome::done;
  Session* session = sessions_.find(packet->session());
  if (session == nullptr) return lane.drop(Counter::dropUnknownSession), Outcome::done;
  const unsigned own = laneOf(packet->session(), packet->stream(), context_.lanes.size());
  if (own != lane.index && !alone) return Outcome::control;
  switch (session->role) {
    case SessionRole::transit:
      transit_.onPacket(lane, static_cast<TransitSession&>(*session), own, *packet);
      return Outcome::done;
    case SessionRole::egress:
      return egress_.onPacket(lane, static_cast<EgressSession&>(*session), own, *packet, alone);
    case SessionRole::ingress:
      return headend_.ingress.onPacket(lane, static_cast<IngressSession&>(*session), own, *packet, alone);
  }
  return Outcome::done;
}

void Engine::onContent(Lane& lane) {
  context_.enter(lane);
  Session* session = sessions_.find(lane.content.session);
  // It may have gone while the lane waited to be alone.
  if (session == nullptr) return context_.drop(Counter::dropUnknownSession);
  if (session->role == SessionRole::egress)
    return egress_.onContent(static_cast<EgressSession&>(*session), lane.content);
  if (session->role == SessionRole::ingress)
    return headend_.ingress.onContent(static_cast<IngressSession&>(*session), lane.content);
}

void Engine::onPairPacket(ByteSpan datagram) {
  const auto received = channel_.open(datagram);
  if (!received) return;
  if (received->kind == PacketKind::probe) return exchange_.onProbe(*received);
  if (received->kind != PacketKind::relayed) return onPlain(*received);
  if (const auto arrived = relay_.onRelayed(*received)) onRelayedInner(arrived->origin, arrived->inner);
}

void Engine::onRelayedInner(Peer& origin, ByteSpan inner) {
  if (packetKind(inner) == PacketKind::handshake) return onHandshake(inner, nullptr);
  const auto received = channel_.open(inner);
  if (received && &received->peer == &origin) onPlain(*received);
}

void Engine::onPlain(const PairChannel::Received& received) {
  if (received.kind == PacketKind::datagram) return onDatagramMessage(received);
  onControl(received);
}

void Engine::onDatagramMessage(const PairChannel::Received& received) {
  if (received.body.size() > MAX_DATAGRAM_OCTETS) return context_.drop(Counter::dropMalformed);
  if (!received.peer.datagramsIn.take(context_.now)) return context_.drop(Counter::dropRateLimited);
  context_.lane->output.event(DatagramEvent{received.peer.config.sid, {received.body.begin(), received.body.end()}});
}

void Engine::onControl(const PairChannel::Received& received) {
  if (!received.peer.controlIn.take(context_.now)) return context_.drop(Counter::dropRateLimited);
  auto message = decodeControl(received.body);
  if (!message) return context_.drop(Counter::dropMalformed);
  if (const auto* open = std::get_if<OpenMessage>(&*message)) return transit_.onOpen(received.peer, *open);
  if (const auto* answer = std::get_if<AnswerMessage>(&*message))
    return headend_.ingress.onAnswer(received.peer, *answer);
  if (auto* paths = std::get_if<PathsMessage>(&*message)) return egress_.onPaths(received.peer, *paths);
  onClose(received.peer, std::get<CloseMessage>(*message).session);
}

void Engine::onClose(Peer& from, std::uint32_t id) {
  Session* session = sessions_.find(id);
  if (session == nullptr) return context_.drop(Counter::dropUnknownSession);
  if (session->role == SessionRole::ingress) {
    if (session->egressPeer != from.index) return context_.drop(Counter::dropSourceNotAllowed);
    if (!from.closesIn.take(context_.now)) from.nextSessionNotBefore = context_.now + AFTER_TOO_MANY_CLOSES;
    return headend_.ingress.close(static_cast<IngressSession&>(*session), "the egress closed it");
  }
  if (session->ingressPeer != from.index) return context_.drop(Counter::dropSourceNotAllowed);
  if (session->role == SessionRole::egress) {
    egress_.finish(static_cast<EgressSession&>(*session));
    return egress_.remove(static_cast<EgressSession&>(*session));
  }
  forgetTransit(*session);
}

void Engine::forgetTransit(Session& session) {
  if (Peer* peer = context_.peers.at(session.ingressPeer); peer != nullptr && peer->sessionsHeld > 0)
    --peer->sessionsHeld;
  endSession(context_, sessions_, session);
}

void Engine::onHandshake(ByteSpan datagram, const UnderlayEndpoint* from) {
  const auto view = parseHandshake(datagram);
  if (!view) return context_.drop(Counter::dropMalformed);
  if (view->header.message == HandshakeMessage::response) return headend_.ingress.onResponse(datagram, *view);
  if (view->header.message == HandshakeMessage::cookieReply) return headend_.ingress.onCookieReply(datagram, *view);
  const Peer* peer = context_.peers.find(view->header.sender);
  egress_.onInitiation(datagram, *view, peer == nullptr ? Via{} : channel_.answerVia(*peer), from);
}

void Engine::onTun(ByteSpan buffer, std::size_t size, Nanos now) {
  Lane& lane = context_.lanes.front();
  lane.now = now;
  onTun(lane, buffer, size, {});
}

void Engine::onTun(Lane& lane, ByteSpan buffer, std::size_t size, const PacketOffload& offload) {
  context_.enter(lane);
  headend_.router.onTun(lane, buffer, size, offload, true);
}

void Engine::onTimer(Nanos now) {
  enter(now);
  Timer timer;
  while (context_.timers.pop(now, timer)) fire(timer);
}

void Engine::fire(const Timer& timer) {
  switch (timer.kind) {
    case TimerKind::probe:
      if (Peer* peer = static_cast<std::int32_t>(timer.key) < context_.peers.end()
                           ? context_.peers.at(static_cast<std::int32_t>(timer.key))
                           : nullptr)
        exchange_.onTimer(*peer);
      return;
    case TimerKind::handshake:
      return headend_.ingress.onHandshakeTimer(timer.key);
    case TimerKind::control:
      return headend_.ingress.onControlTimer(timer.key, timer.at);
    case TimerKind::liveness:
      return headend_.liveness.onTimer(timer.key, timer.at);
    case TimerKind::pathProbe:
      return headend_.comparison.onTimer(timer.key, timer.at);
    case TimerKind::awaitPath:
      return headend_.router.onAwaitTimer(timer.key, timer.at);
    case TimerKind::echo:
      return egress_.onEchoTimer(timer.key, timer.at);
    case TimerKind::pathMtu:
      return headend_.mtuDiscovery.onTimer(timer.key, timer.at);
    case TimerKind::sweep:
      return sweep();
  }
}

void Engine::sweep() {
  context_.timers.schedule(context_.now + SWEEP_INTERVAL, TimerKind::sweep, 0);
  checkClock();
  for (const std::uint32_t id : sessions_.idsWhere([](const Session&) { return true; })) {
    if (Session* session = sessions_.find(id)) sweepSession(*session);
  }
  headend_.keepOpen();
  headend_.mtuDiscovery.followWithDevice(sessions_);
}

void Engine::checkClock() {
  context_.clock.check();
  if (context_.clock.epoch() != clockEpoch_) {
    clockEpoch_ = context_.clock.epoch();
    context_.lane->output.event(ClockEpochEvent{clockEpoch_});
  }
}

void Engine::sweepSession(Session& session) {
  if (session.role == SessionRole::ingress) return headend_.ingress.sweep(static_cast<IngressSession&>(session));
  if (session.role == SessionRole::transit) {
    if (context_.now >= session.expires) return forgetTransit(session);
    return transit_.sweep(static_cast<TransitSession&>(session));
  }
  auto& egress = static_cast<EgressSession&>(session);
  const bool unconfirmed = !egress.confirmed && context_.now >= egress.opened + UNCONFIRMED_LIFETIME;
  if (unconfirmed || context_.now >= egress.expires) {
    egress_.finish(egress);
    return egress_.remove(egress);
  }
  egress_.sweep(egress);
}

bool Engine::sendDatagram(Sid to, ByteView payload, Nanos now) {
  enter(now);
  Peer* peer = context_.peers.find(to);
  if (peer == nullptr || payload.size() > MAX_DATAGRAM_OCTETS) return false;
  const bool dead = peer->probe.lostInRow >= DIRECT_LINK_DEAD;
  return channel_.send(*peer, PacketKind::datagram, payload,
                       {true, dead ? channel_.relayFor(*peer, peer->probe.lostInRow) : -1});
}

void Engine::setColumnPart(ByteView part, std::span<const std::pair<Sid, std::uint16_t>> columnSeen) {
  exchange_.setColumnPart(part, columnSeen);
}

void Engine::comparePaths(PathComparisonRequest request, Nanos now) {
  enter(now);
  headend_.comparison.begin(std::move(request));
}

void Engine::cancelComparison(std::uint32_t id) { headend_.comparison.cancel(id); }

}  // namespace srwan
