#include "wire/relay_body.h"

#include "wire/handshake_packet.h"

namespace srwan {
namespace {

/** The sender that a relayable packet names; nullopt where it is none. */
std::optional<Sid> innerSender(ByteView packet) noexcept {
  const std::optional<PacketKind> kind = packetKind(packet);
  if (kind == PacketKind::handshake) {
    const std::optional<HandshakeView> handshake = parseHandshake(packet);
    return handshake ? std::optional<Sid>(handshake->header.sender) : std::nullopt;
  }
  if (kind != PacketKind::datagram && kind != PacketKind::sessionControl) return std::nullopt;
  const std::optional<PairHeader> header = parsePairHeader(packet);
  if (!header || packet.size() > PAIR_OVERHEAD + MAX_DATAGRAM_OCTETS) return std::nullopt;
  return header->sender;
}

}  // namespace

bool encodeRelayHead(RelayStage stage, Sid destination, Sid origin, ByteSpan out) noexcept {
  if (out.size() < RELAY_FIXED_OCTETS) return false;
  store32(&out[0], static_cast<std::uint32_t>(stage) << 24);
  store64(&out[4], destination);
  store64(&out[12], origin);
  return true;
}

std::optional<RelayBody> decodeRelayBody(ByteView plaintext) noexcept {
  if (plaintext.size() < RELAY_FIXED_OCTETS) return std::nullopt;
  if (plaintext[0] > static_cast<std::uint8_t>(RelayStage::fromRelay) || plaintext[1] != 0 ||
      load16(&plaintext[2]) != 0) {
    return std::nullopt;
  }
  const RelayBody body{static_cast<RelayStage>(plaintext[0]), load64(&plaintext[4]), load64(&plaintext[12]),
                       plaintext.subspan(RELAY_FIXED_OCTETS)};
  if (body.destination == NO_SID || body.origin == NO_SID || body.destination == body.origin) return std::nullopt;
  if (innerSender(body.inner) != body.origin) return std::nullopt;
  return body;
}

}  // namespace srwan
