#pragma once

#include <optional>

#include "wire/aead.h"
#include "wire/packet_kind.h"

namespace srwan {

constexpr std::size_t PAIR_HEADER_OCTETS = 24;
constexpr std::size_t PAIR_OVERHEAD = PAIR_HEADER_OCTETS + AEAD_TAG_OCTETS;
/** Payload of the datagram channel. */
constexpr std::size_t MAX_DATAGRAM_OCTETS = 1000;
/** No pair-keyed packet is longer: a relayed one that carries a datagram of the full size. */
constexpr std::size_t MAX_PAIR_PACKET_OCTETS = PAIR_OVERHEAD + 20 + PAIR_OVERHEAD + MAX_DATAGRAM_OCTETS;

/** Clear header of a pair-keyed packet: kinds `probe`, `datagram`, `sessionControl` and `relayed`. */
struct PairHeader {
  PacketKind kind = PacketKind::probe;
  std::uint8_t senderKeyId = 0;
  std::uint8_t receiverKeyId = 0;
  Sid sender = NO_SID;
  /** One space per (pair, sender) over all kinds, from 0; also the nonce. */
  std::uint64_t counter = 0;
};

/** @returns nullopt for another kind, flags or reserved bits set, sender 0, or a length outside 40 …
 * `MAX_PAIR_PACKET_OCTETS` */
std::optional<PairHeader> parsePairHeader(ByteView datagram) noexcept;

/**
 * Builds a packet in place.
 *
 * @param datagram - exactly the octets to send; the body already stands at `PAIR_HEADER_OCTETS`, room for the tag
 * behind it
 * @returns false where the header or the size is one that `parsePairHeader` refuses; the datagram must then not be sent
 */
[[nodiscard]] bool sealPairPacket(ByteSpan datagram, const PairHeader& header, AeadSealer& sealer) noexcept;

/** Opens in place. @param datagram - one that `parsePairHeader` took · @returns the body (0 octets or more); nullopt
 * where it is not authentic */
[[nodiscard]] std::optional<ByteSpan> openPairPacket(ByteSpan datagram, AeadOpener& opener) noexcept;

}  // namespace srwan
