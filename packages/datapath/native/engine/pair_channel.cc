#include "engine/pair_channel.h"

#include <algorithm>

namespace srwan {
namespace {

struct PurposeCounters {
  Counter txOctets, txPackets, rxOctets, rxPackets;
};

PurposeCounters countersOf(PacketKind kind) {
  using enum Counter;
  switch (kind) {
    case PacketKind::probe:
      return {probeTxOctets, probeTxPackets, probeRxOctets, probeRxPackets};
    case PacketKind::datagram:
      return {datagramTxOctets, datagramTxPackets, datagramRxOctets, datagramRxPackets};
    case PacketKind::sessionControl:
      return {openTxOctets, openTxPackets, openRxOctets, openRxPackets};
    case PacketKind::handshake:
      return {handshakeTxOctets, handshakeTxPackets, handshakeRxOctets, handshakeRxPackets};
    default:
      return {relayedTxOctets, relayedTxPackets, relayedRxOctets, relayedRxPackets};
  }
}

}  // namespace

PairSecrets* PairChannel::secretsOf(Peer& peer) {
  if (peer.secrets) return &*peer.secrets;
  if (peer.secretsRefused) return nullptr;
  auto keys = derivePairKeys(context_.init.networkId, context_.keys, peer.config.publicKey);
  if (!keys) {
    peer.secretsRefused = true;
    return nullptr;
  }
  peer.secrets.emplace(PairSecrets{AeadSealer(keys->sending), AeadOpener(keys->receiving), std::move(keys->root)});
  return &*peer.secrets;
}

std::optional<PairChannel::Received> PairChannel::open(ByteSpan datagram) {
  const auto header = parsePairHeader(datagram);
  if (!header) return context_.drop(Counter::dropMalformed), std::nullopt;
  Peer* peer = context_.peers.find(header->sender);
  if (peer == nullptr) return context_.drop(Counter::dropUnknownPeer), std::nullopt;
  if (header->senderKeyId != peer->keyId || header->receiverKeyId != context_.ownKeyId)
    return context_.drop(Counter::dropUnknownKey), std::nullopt;
  if (!peer->history.received.check(header->counter)) return context_.drop(Counter::dropReplay), std::nullopt;
  PairSecrets* secrets = secretsOf(*peer);
  if (secrets == nullptr) return context_.drop(Counter::dropUnknownKey), std::nullopt;
  const auto body = openPairPacket(datagram, secrets->opener);
  if (!body) return context_.drop(Counter::dropAuthentication), std::nullopt;
  peer->history.received.advance(header->counter);
  ++peer->accepted;
  const auto purpose = countersOf(header->kind);
  context_.lane->counters.add(purpose.rxOctets, datagram.size());
  context_.lane->counters.add(purpose.rxPackets);
  return Received{*peer, header->kind, *body};
}

bool PairChannel::send(Peer& to, PacketKind kind, ByteView body, Via via) {
  PairSecrets* secrets = secretsOf(to);
  const std::size_t size = PAIR_OVERHEAD + body.size();
  if (secrets == nullptr || size > packet_.size()) return false;
  const ByteSpan packet(packet_.data(), size);
  std::copy(body.begin(), body.end(), packet.begin() + PAIR_HEADER_OCTETS);
  const PairHeader header{kind, context_.ownKeyId, to.keyId, context_.init.sid, to.history.sent++};
  if (!sealPairPacket(packet, header, secrets->sealer)) return false;
  sendPacket(to, kind, packet, via);
  return true;
}

void PairChannel::sendPacket(Peer& to, PacketKind kind, ByteView packet, Via via) {
  if (via.direct) {
    countSent(kind, packet.size());
    context_.lane->output.sendDatagram(to.config.endpoint, packet);
  }
  if (Peer* relay = context_.peers.at(via.relay); relay != nullptr && relay != &to)
    sendRelayed(*relay, RelayStage::toRelay, to.config.sid, context_.init.sid, packet);
}

bool PairChannel::sendRelayed(Peer& next, RelayStage stage, Sid destination, Sid origin, ByteView inner) {
  PairSecrets* secrets = secretsOf(next);
  const std::size_t size = PAIR_OVERHEAD + RELAY_FIXED_OCTETS + inner.size();
  if (secrets == nullptr || size > envelope_.size()) return false;
  const ByteSpan envelope(envelope_.data(), size);
  const ByteSpan body = envelope.subspan(PAIR_HEADER_OCTETS, RELAY_FIXED_OCTETS + inner.size());
  if (!encodeRelayHead(stage, destination, origin, body)) return false;
  std::copy(inner.begin(), inner.end(), body.begin() + RELAY_FIXED_OCTETS);
  const PairHeader header{PacketKind::relayed, context_.ownKeyId, next.keyId, context_.init.sid, next.history.sent++};
  if (!sealPairPacket(envelope, header, secrets->sealer)) return false;
  countSent(PacketKind::relayed, size);
  context_.lane->output.sendDatagram(next.config.endpoint, envelope);
  return true;
}

void PairChannel::answer(Peer& to, const AnswerMessage& message) {
  std::array<std::uint8_t, ANSWER_OCTETS> octets;
  if (encodeAnswer(message, octets) != octets.size()) return;
  send(to, PacketKind::sessionControl, octets, answerVia(to));
}

Via PairChannel::answerVia(const Peer& peer) const {
  if (peer.returnRelay >= 0 && context_.now < peer.returnRelayUntil) return {true, peer.returnRelay};
  return {};
}

Via PairChannel::requestVia(const Peer& peer, const Repetition& repetition) {
  if (repetition.relayed(context_.now)) return {true, relayFor(peer, repetition.repeats)};
  return answerVia(peer);
}

std::int32_t PairChannel::relayFor(const Peer& peer, std::uint32_t turn) {
  std::array<std::int32_t, MAX_RELAYS> known{};
  std::uint32_t count = 0;
  for (const Sid sid : peer.config.relays) {
    if (count == MAX_RELAYS) break;
    if (const Peer* relay = context_.peers.find(sid)) known[count++] = relay->index;
  }
  return count == 0 ? -1 : known[turn % count];
}

void PairChannel::countSent(PacketKind kind, std::size_t octets) {
  const auto purpose = countersOf(kind);
  context_.lane->counters.add(purpose.txOctets, octets);
  context_.lane->counters.add(purpose.txPackets);
}

}  // namespace srwan
