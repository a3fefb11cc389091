#pragma once

#include <optional>

#include "wire/bytes.h"

namespace srwan {

/** Version in the three high bits of the first octet of every datagram. */
constexpr std::uint8_t WIRE_VERSION = 1;

enum class PacketKind : std::uint8_t {
  dataForward = 1,
  dataReverse = 2,
  probe = 3,
  datagram = 4,
  sessionControl = 5,
  handshake = 6,
  relayed = 7,
};

/** Direction of data within a session, as key derivations number it. */
enum class Direction : std::uint8_t {
  /** ingress → egress */
  forward = 0,
  /** egress → ingress */
  reverse = 1,
};

/** First octet of a datagram of this kind. */
constexpr std::uint8_t typeOctet(PacketKind kind) noexcept {
  return static_cast<std::uint8_t>((WIRE_VERSION << 5) | static_cast<std::uint8_t>(kind));
}

/** @returns nullopt for an empty datagram, another version or an unknown kind */
constexpr std::optional<PacketKind> packetKind(ByteView datagram) noexcept {
  if (datagram.empty() || (datagram[0] >> 5) != WIRE_VERSION) return std::nullopt;
  const std::uint8_t kind = datagram[0] & 0x1f;
  if (kind < 1 || kind > 7) return std::nullopt;
  return static_cast<PacketKind>(kind);
}

}  // namespace srwan
