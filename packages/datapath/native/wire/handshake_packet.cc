#include "wire/handshake_packet.h"

#include <algorithm>
#include <stdexcept>

#include "wire/hmac.h"

namespace srwan {
namespace {

constexpr std::string_view PROLOGUE_LABEL = "srwan-ik-1";

/** @returns 0 for an unknown message */
std::size_t packetOctets(std::uint8_t message) noexcept {
  if (message == static_cast<std::uint8_t>(HandshakeMessage::initiation)) return INITIATION_PACKET_OCTETS;
  if (message == static_cast<std::uint8_t>(HandshakeMessage::response)) return RESPONSE_PACKET_OCTETS;
  if (message == static_cast<std::uint8_t>(HandshakeMessage::cookieReply)) return COOKIE_REPLY_OCTETS;
  return 0;
}

}  // namespace

std::optional<HandshakeView> parseHandshake(ByteView datagram) noexcept {
  if (datagram.size() < 2 || packetKind(datagram) != PacketKind::handshake ||
      datagram.size() != packetOctets(datagram[1])) {
    return std::nullopt;
  }
  const HandshakeHeader header{static_cast<HandshakeMessage>(datagram[1]), datagram[2], datagram[3],
                               load32(&datagram[4]), load64(&datagram[8])};
  if (header.session == 0 || header.sender == NO_SID) return std::nullopt;
  if (header.message == HandshakeMessage::cookieReply) return HandshakeView{header, {}};
  const ByteView mac2 = datagram.last(HANDSHAKE_MAC_OCTETS);
  if (header.message == HandshakeMessage::response &&
      std::any_of(mac2.begin(), mac2.end(), [](std::uint8_t octet) { return octet != 0; }))
    return std::nullopt;
  return HandshakeView{header, datagram.subspan(HANDSHAKE_HEADER_OCTETS,
                                                datagram.size() - HANDSHAKE_HEADER_OCTETS - HANDSHAKE_MACS_OCTETS)};
}

Digest mac1Key(const PublicKey& receiver) { return sha256({bytesOf("srwan-mac1"), receiver}); }

bool verifyMac1(ByteView datagram, const Digest& key) {
  if (datagram.size() < HANDSHAKE_HEADER_OCTETS + HANDSHAKE_MACS_OCTETS) return false;
  const std::size_t covered = datagram.size() - HANDSHAKE_MACS_OCTETS;
  const Digest mac = hmacSha256(key, {datagram.first(covered)});
  return constantTimeEqual(ByteView(mac).first(HANDSHAKE_MAC_OCTETS), datagram.subspan(covered, HANDSHAKE_MAC_OCTETS));
}

bool writeHandshakeHeader(const HandshakeHeader& header, ByteSpan datagram) noexcept {
  const std::uint8_t message = static_cast<std::uint8_t>(header.message);
  if (datagram.size() != packetOctets(message) || datagram.empty() || header.session == 0 || header.sender == NO_SID)
    return false;
  datagram[0] = typeOctet(PacketKind::handshake);
  datagram[1] = message;
  datagram[2] = header.senderKeyId;
  datagram[3] = header.receiverKeyId;
  store32(&datagram[4], header.session);
  store64(&datagram[8], header.sender);
  return true;
}

ByteSpan handshakeNoise(ByteSpan datagram) noexcept {
  if (datagram.size() < HANDSHAKE_HEADER_OCTETS + HANDSHAKE_MACS_OCTETS) return {};
  return datagram.subspan(HANDSHAKE_HEADER_OCTETS, datagram.size() - HANDSHAKE_HEADER_OCTETS - HANDSHAKE_MACS_OCTETS);
}

void writeMacs(ByteSpan datagram, const Digest& key) {
  if (datagram.size() < HANDSHAKE_HEADER_OCTETS + HANDSHAKE_MACS_OCTETS) return;
  const std::size_t covered = datagram.size() - HANDSHAKE_MACS_OCTETS;
  const Digest mac = hmacSha256(key, {datagram.first(covered)});
  const ByteSpan macs = datagram.subspan(covered);
  std::copy_n(mac.begin(), HANDSHAKE_MAC_OCTETS, macs.begin());
  std::fill(macs.begin() + HANDSHAKE_MAC_OCTETS, macs.end(), std::uint8_t{0});
}

HandshakePrologue::HandshakePrologue(std::string_view networkId, std::uint32_t session, Sid initiator, Sid responder) {
  if (networkId.size() > MAX_NETWORK_ID_OCTETS) throw std::length_error("network id is longer than 255 octets");
  std::uint8_t* out = std::copy(PROLOGUE_LABEL.begin(), PROLOGUE_LABEL.end(), octets_.data());
  store16(out, static_cast<std::uint16_t>(networkId.size()));
  out = std::copy(networkId.begin(), networkId.end(), out + 2);
  store32(out, session);
  store64(out + 4, initiator);
  store64(out + 12, responder);
  size_ = static_cast<std::size_t>(out + 20 - octets_.data());
}

std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> encodeInitiationPayload(const InitiationPayload& payload) noexcept {
  std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> out;
  store64(&out[0], payload.handshakeCounter);
  store32(&out[8], payload.rekeyIntervalMs);
  store32(&out[12], payload.sessionLifetimeMs);
  out[16] = payload.suites;
  out[17] = payload.preferred;
  return out;
}

std::optional<InitiationPayload> decodeInitiationPayload(ByteView plaintext) noexcept {
  if (plaintext.size() != INITIATION_PAYLOAD_OCTETS) return std::nullopt;
  const InitiationPayload payload{load64(&plaintext[0]), load32(&plaintext[8]), load32(&plaintext[12]), plaintext[16],
                                  plaintext[17]};
  if (payload.rekeyIntervalMs == 0 || payload.sessionLifetimeMs == 0) return std::nullopt;
  // Eight suites have a bit. One that this node does not know may still be what the other prefers.
  if (payload.preferred < 1 || payload.preferred > 8 || ((payload.suites >> (payload.preferred - 1)) & 1) == 0)
    return std::nullopt;
  return payload;
}

std::array<std::uint8_t, RESPONSE_PAYLOAD_OCTETS> encodeResponsePayload(const ResponsePayload& payload) noexcept {
  return {static_cast<std::uint8_t>(payload.code), static_cast<std::uint8_t>(payload.suite)};
}

std::optional<ResponsePayload> decodeResponsePayload(ByteView plaintext) noexcept {
  if (plaintext.size() != RESPONSE_PAYLOAD_OCTETS || plaintext[0] > static_cast<std::uint8_t>(ResponseCode::limit))
    return std::nullopt;
  const std::optional<AeadSuite> suite = aeadSuiteFrom(plaintext[1]);
  if (!suite) return std::nullopt;
  return ResponsePayload{static_cast<ResponseCode>(plaintext[0]), *suite};
}

}  // namespace srwan
