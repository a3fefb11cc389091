#pragma once

#include <optional>

#include "wire/pair_packet.h"

namespace srwan {

constexpr std::size_t RELAY_FIXED_OCTETS = 20;

enum class RelayStage : std::uint8_t { toRelay = 0, fromRelay = 1 };

/** Body of a kind 7 packet: one whole packet of kind 4, 5 or 6, sealed to its end, on the way through a common member.
 */
struct RelayBody {
  RelayStage stage = RelayStage::toRelay;
  Sid destination = NO_SID;
  Sid origin = NO_SID;
  /** Points into the decoded plaintext. */
  ByteView inner;
};

/** Writes all but the inner packet, which belongs at `RELAY_FIXED_OCTETS`. @returns false where `out` is shorter than
 * that */
[[nodiscard]] bool encodeRelayHead(RelayStage stage, Sid destination, Sid origin, ByteSpan out) noexcept;

/**
 * @returns nullopt for an unknown stage, padding set, SIDs that are 0 or equal, or an inner packet that is not a
 * well-formed one of kind 4, 5 or 6 from `origin`
 */
std::optional<RelayBody> decodeRelayBody(ByteView plaintext) noexcept;

}  // namespace srwan
