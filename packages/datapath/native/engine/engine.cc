#include "engine/engine.h"

namespace srwan {

Engine::Engine(EngineInit init, EngineParts parts)
    : context_{std::move(init),
               parts.keys,
               parts.output,
               parts.random,
               parts.clock,
               parts.counters,
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
      clockEpoch_(parts.clock.epoch()) {}

void Engine::onDatagram(ByteSpan datagram, const UnderlayEndpoint&, Nanos now, Nanos arrival) {
  context_.now = now;
  context_.arrival = arrival;
  const auto kind = packetKind(datagram);
  if (!kind) return context_.drop(Counter::dropMalformed);
  switch (*kind) {
    case PacketKind::dataForward:
    case PacketKind::dataReverse:
      return onSegmentPacket(datagram);
    case PacketKind::handshake:
      return onHandshake(datagram);
    default:
      return onPairPacket(datagram);
  }
}

void Engine::onSegmentPacket(ByteSpan datagram) {
  const auto packet = SegmentPacketView::parse(datagram);
  if (!packet) return context_.drop(Counter::dropMalformed);
  Session* session = sessions_.find(packet->session());
  if (session == nullptr) return context_.drop(Counter::dropUnknownSession);
  switch (session->role) {
    case SessionRole::transit:
      return transit_.onPacket(static_cast<TransitSession&>(*session), *packet);
    case SessionRole::egress:
      return egress_.onPacket(static_cast<EgressSession&>(*session), *packet);
    case SessionRole::ingress:
      return headend_.ingress.onPacket(static_cast<IngressSession&>(*session), *packet);
  }
}

void Engine::onPairPacket(ByteSpan datagram) {
  const auto received = channel_.open(datagram);
  if (!received) return;
  if (received->kind == PacketKind::probe) return exchange_.onProbe(*received);
  if (received->kind != PacketKind::relayed) return onPlain(*received);
  if (const auto arrived = relay_.onRelayed(*received)) onRelayedInner(arrived->origin, arrived->inner);
}

void Engine::onRelayedInner(Peer& origin, ByteSpan inner) {
  if (packetKind(inner) == PacketKind::handshake) return onHandshake(inner);
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
  context_.output.event(DatagramEvent{received.peer.config.sid, {received.body.begin(), received.body.end()}});
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
    return headend_.ingress.close(static_cast<IngressSession&>(*session), "the egress closed it");
  }
  if (session->ingressPeer != from.index) return context_.drop(Counter::dropSourceNotAllowed);
  if (session->role == SessionRole::egress) return egress_.remove(static_cast<EgressSession&>(*session));
  forgetTransit(*session);
}

void Engine::forgetTransit(Session& session) {
  if (Peer* peer = context_.peers.at(session.ingressPeer); peer != nullptr && peer->sessionsHeld > 0)
    --peer->sessionsHeld;
  sessions_.remove(session.id);
}

void Engine::onHandshake(ByteSpan datagram) {
  const auto view = parseHandshake(datagram);
  if (!view) return context_.drop(Counter::dropMalformed);
  if (view->header.message == HandshakeMessage::response) return headend_.ingress.onResponse(datagram, *view);
  const Peer* peer = context_.peers.find(view->header.sender);
  egress_.onInitiation(datagram, *view, peer == nullptr ? Via{} : channel_.answerVia(*peer));
}

void Engine::onTun(ByteSpan buffer, std::size_t size, Nanos now) {
  context_.now = now;
  headend_.router.onTun(buffer, size);
}

void Engine::onTimer(Nanos now) {
  context_.now = now;
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
}

void Engine::checkClock() {
  context_.clock.check();
  if (context_.clock.epoch() != clockEpoch_) {
    clockEpoch_ = context_.clock.epoch();
    context_.output.event(ClockEpochEvent{clockEpoch_});
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
  if (unconfirmed || context_.now >= egress.expires) return egress_.remove(egress);
  egress_.sweep(egress);
}

bool Engine::sendDatagram(Sid to, ByteView payload, Nanos now) {
  context_.now = now;
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
  context_.now = now;
  headend_.comparison.begin(std::move(request));
}

void Engine::cancelComparison(std::uint32_t id) { headend_.comparison.cancel(id); }

}  // namespace srwan
