#include "engine/probe_exchange.h"

#include <algorithm>

namespace srwan {

void ProbeExchange::setColumnPart(ByteView part, std::span<const std::pair<Sid, std::uint16_t>> columnSeen) {
  columnSize_ = std::min(part.size(), column_.size());
  std::copy_n(part.begin(), columnSize_, column_.begin());
  columnSeen_.clear();
  for (const auto& [sid, number] : columnSeen.first(std::min(columnSeen.size(), MAX_PEERS)))
    columnSeen_.insert_or_assign(sid, number);
}

std::uint16_t ProbeExchange::columnSeenOf(const Peer& peer) const {
  const auto known = columnSeen_.find(peer.config.sid);
  return known == columnSeen_.end() ? 0 : known->second;
}

void ProbeExchange::begin(Peer& peer) {
  const Nanos interval = context_.init.probeInterval;
  const bool first = context_.init.sid < peer.config.sid;
  schedule(peer, context_.now + (first ? randomBelow(context_.random, std::min(interval, MAX_FIRST_WAIT))
                                       : jittered(context_.random, interval * 3 / 2)));
}

void ProbeExchange::schedule(Peer& peer, Nanos at) {
  peer.probe.nextStart = at;
  context_.timers.schedule(at, TimerKind::probe, static_cast<std::uint32_t>(peer.index));
}

void ProbeExchange::onTimer(Peer& peer) {
  ProbeState& state = peer.probe;
  if (state.outstanding && context_.now >= state.deadline) lose(peer);
  if (!state.outstanding && context_.now >= state.nextStart) sendRequest(peer);
}

void ProbeExchange::sendRequest(Peer& peer) {
  ProbeState& state = peer.probe;
  ProbeBody body;
  body.clockEpoch = context_.clock.epoch();
  body.columnSeen = columnSeenOf(peer);
  body.columnPart = {column_.data(), columnSize_};
  body.t1 = context_.clock.now();
  std::array<std::uint8_t, PROBE_BODY_OCTETS> octets;
  state.outstanding = true;
  state.t1 = body.t1;
  state.deadline = context_.now + replyWait();
  state.nextStart = NEVER;
  context_.timers.schedule(state.deadline, TimerKind::probe, static_cast<std::uint32_t>(peer.index));
  if (encodeProbeBody(body, octets)) channel_.send(peer, PacketKind::probe, octets);
}

void ProbeExchange::lose(Peer& peer) {
  ProbeState& state = peer.probe;
  state.outstanding = false;
  ++state.lostInRow;
  context_.lane->output.event(ProbeLostEvent{peer.config.sid});
  // A reflector that lost only its answer starts sooner than this.
  const Nanos silence = context_.init.probeInterval * 3 / 2;
  const bool eager = !state.everWorked && state.lostInRow <= EAGER_TRIES;
  const Nanos wait = eager ? 0 : std::max<Nanos>(0, silence - replyWait());
  if (state.nextStart == NEVER) schedule(peer, context_.now + jittered(context_.random, wait));
}

void ProbeExchange::onProbe(const PairChannel::Received& received) {
  const auto body = decodeProbeBody(received.body);
  if (!body) return context_.drop(Counter::dropMalformed);
  if (!received.peer.probesIn.take(context_.now)) return context_.drop(Counter::dropRateLimited);
  if (body->reply) {
    finish(received.peer, *body);
  } else {
    reflect(received.peer, *body);
  }
}

void ProbeExchange::reflect(Peer& peer, const ProbeBody& request) {
  ProbeEvent event = describe(peer, request);
  event.sentAt = request.t1;
  ProbeBody reply;
  reply.reply = true;
  reply.t1 = request.t1;
  reply.t2 = context_.arrival;
  reply.clockEpoch = context_.clock.epoch();
  reply.columnSeen = columnSeenOf(peer);
  reply.columnPart = {column_.data(), columnSize_};
  reply.t3 = context_.clock.now();
  std::array<std::uint8_t, PROBE_BODY_OCTETS> octets;
  const ByteSpan out(octets.data(), probeBodySize(reply));
  if (encodeProbeBody(reply, out)) channel_.send(peer, PacketKind::probe, out);
  peer.probe.everWorked = true;
  if (!peer.probe.outstanding) schedule(peer, context_.now + jittered(context_.random, context_.init.probeInterval));
  context_.lane->output.event(std::move(event));
}

void ProbeExchange::finish(Peer& peer, const ProbeBody& reply) {
  ProbeState& state = peer.probe;
  if (!state.outstanding || reply.t1 != state.t1) return context_.drop(Counter::dropReplay);
  state.outstanding = false;
  state.everWorked = true;
  state.lostInRow = 0;
  ProbeEvent event = describe(peer, reply);
  event.sender = true;
  event.sentAt = reply.t3;
  state.roundTrip = (context_.arrival - reply.t1) - (reply.t3 - reply.t2);
  event.roundTrip = state.roundTrip;
  schedule(peer, context_.now + jittered(context_.random, context_.init.probeInterval * 3 / 2));
  context_.lane->output.event(std::move(event));
}

ProbeEvent ProbeExchange::describe(const Peer& peer, const ProbeBody& body) const {
  ProbeEvent event;
  event.from = peer.config.sid;
  event.receivedAt = context_.arrival;
  event.peerClockEpoch = body.clockEpoch;
  event.clockEpoch = context_.clock.epoch();
  event.sentByPeer = peer.history.received.greatest() + 1;
  event.acceptedFromPeer = peer.accepted;
  event.columnSeen = body.columnSeen;
  event.columnPartSize = static_cast<std::uint8_t>(body.columnPart.size());
  std::copy(body.columnPart.begin(), body.columnPart.end(), event.columnPart.begin());
  return event;
}

}  // namespace srwan
