#pragma once

#include <optional>
#include <string_view>

#include "wire/aead_suite.h"
#include "wire/noise_ik.h"
#include "wire/packet_kind.h"

namespace srwan {

constexpr std::size_t HANDSHAKE_HEADER_OCTETS = 16;
constexpr std::size_t HANDSHAKE_MAC_OCTETS = 16;
/** mac1 and mac2 */
constexpr std::size_t HANDSHAKE_MACS_OCTETS = 2 * HANDSHAKE_MAC_OCTETS;
constexpr std::size_t INITIATION_PAYLOAD_OCTETS = 18;
constexpr std::size_t RESPONSE_PAYLOAD_OCTETS = 2;
/** Whole UDP payloads; other lengths are refused. */
constexpr std::size_t INITIATION_PACKET_OCTETS =
    HANDSHAKE_HEADER_OCTETS + NOISE_IK_INITIATION_OVERHEAD + INITIATION_PAYLOAD_OCTETS + HANDSHAKE_MACS_OCTETS;
constexpr std::size_t RESPONSE_PACKET_OCTETS =
    HANDSHAKE_HEADER_OCTETS + NOISE_IK_RESPONSE_OVERHEAD + RESPONSE_PAYLOAD_OCTETS + HANDSHAKE_MACS_OCTETS;
/** header ‖ nonce 12 ‖ sealed cookie 16 ‖ tag 16; it has no macs. */
constexpr std::size_t COOKIE_REPLY_OCTETS = HANDSHAKE_HEADER_OCTETS + 12 + HANDSHAKE_MAC_OCTETS + 16;

enum class HandshakeMessage : std::uint8_t { initiation = 1, response = 2, cookieReply = 3 };
enum class ResponseCode : std::uint8_t { ok = 0, sessionTaken = 1, limit = 2 };

struct HandshakeHeader {
  HandshakeMessage message = HandshakeMessage::initiation;
  std::uint8_t senderKeyId = 0;
  std::uint8_t receiverKeyId = 0;
  std::uint32_t session = 0;
  Sid sender = NO_SID;
};

/** A well-formed handshake packet; `noise`, empty in a cookie reply, points into the datagram. */
struct HandshakeView {
  HandshakeHeader header;
  ByteView noise;
};

/** @returns nullopt for another kind or message, a wrong length, session 0, sender 0, or a response with mac2 ≠ 0 */
std::optional<HandshakeView> parseHandshake(ByteView datagram) noexcept;

/** Key of mac1 towards one receiver: SHA-256("srwan-mac1" ‖ public key). Not secret; worth keeping per peer. */
Digest mac1Key(const PublicKey& receiver);

/** @param datagram - an initiation or response that `parseHandshake` took · @param key - `mac1Key` of the own public
 * key */
bool verifyMac1(ByteView datagram, const Digest& key);

/** Writes the clear header to the front. @returns false where the length does not fit the message */
[[nodiscard]] bool writeHandshakeHeader(const HandshakeHeader& header, ByteSpan datagram) noexcept;
/** The octets between header and macs, where the Noise message belongs. */
ByteSpan handshakeNoise(ByteSpan datagram) noexcept;
/** Writes mac1 and a zero mac2 as the last step. @param key - `mac1Key` of the receiver's public key */
void writeMacs(ByteSpan datagram, const Digest& key);

/** Longest prologue: the label, a network id of `MAX_NETWORK_ID_OCTETS`, session and two SIDs. */
constexpr std::size_t MAX_NETWORK_ID_OCTETS = 255;

/** Binds a handshake to network, session and both SIDs. */
class HandshakePrologue {
 public:
  /** @param networkId - at most `MAX_NETWORK_ID_OCTETS`; a longer one throws std::length_error */
  HandshakePrologue(std::string_view networkId, std::uint32_t session, Sid initiator, Sid responder);
  ByteView view() const noexcept { return ByteView(octets_).first(size_); }

 private:
  std::array<std::uint8_t, 10 + 2 + MAX_NETWORK_ID_OCTETS + 4 + 8 + 8> octets_;
  std::size_t size_;
};

/** Payload of an initiation; durations in ms. */
struct InitiationPayload {
  /** Grows with every initiation under the initiator's key. */
  std::uint64_t handshakeCounter = 0;
  std::uint32_t rekeyIntervalMs = 0;
  std::uint32_t sessionLifetimeMs = 0;
  /** What the initiator can seal and open data with. */
  AeadSuiteSet suites = KNOWN_SUITES;
  /** Number of the suite that it prefers, one of `suites`. */
  std::uint8_t preferred = static_cast<std::uint8_t>(AeadSuite::aes256Gcm);
};

struct ResponsePayload {
  ResponseCode code = ResponseCode::ok;
  /** Seals the data of the session in both directions; means nothing where the code is not ok. */
  AeadSuite suite = AeadSuite::aes256Gcm;
};

std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> encodeInitiationPayload(const InitiationPayload& payload) noexcept;
/** @returns nullopt for a wrong length, a duration of 0, or a preferred suite that is not in the set */
std::optional<InitiationPayload> decodeInitiationPayload(ByteView plaintext) noexcept;
std::array<std::uint8_t, RESPONSE_PAYLOAD_OCTETS> encodeResponsePayload(const ResponsePayload& payload) noexcept;
/** @returns nullopt for a wrong length, an unknown code or an unknown suite */
std::optional<ResponsePayload> decodeResponsePayload(ByteView plaintext) noexcept;

}  // namespace srwan
