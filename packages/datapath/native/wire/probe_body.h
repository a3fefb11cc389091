#pragma once

#include "wire/bytes.h"
#include "wire/pair_packet.h"

namespace srwan {

constexpr std::size_t PROBE_FIXED_OCTETS = 32;
constexpr std::size_t MAX_COLUMN_PART_OCTETS = 46;
/** Body of every request; of a reply at most. */
constexpr std::size_t PROBE_BODY_OCTETS = PROBE_FIXED_OCTETS + MAX_COLUMN_PART_OCTETS;
/** UDP payload of every request; of a reply at most. */
constexpr std::size_t PROBE_PACKET_OCTETS = PAIR_OVERHEAD + PROBE_BODY_OCTETS;

/** Body of a kind 3 packet: a STAMP-like exchange (RFC 8762) with a part of the sender's column. Times: ns of the
 * measuring clocks. */
struct ProbeBody {
  bool reply = false;
  /** The request's departure, requester's clock. */
  std::int64_t t1 = 0;
  /** The request's arrival, reflector's clock; 0 in a request. */
  std::int64_t t2 = 0;
  /** The reply's departure, reflector's clock; 0 in a request. */
  std::int64_t t3 = 0;
  /** The sender's. */
  std::uint16_t clockEpoch = 0;
  /** Number of the last full column of the receiver that the sender holds. */
  std::uint16_t columnSeen = 0;
  /** At most `MAX_COLUMN_PART_OCTETS`; after decoding a request always that many, zeros at its end included. */
  ByteView columnPart;
};

/** @returns octets that `encodeProbeBody` will write */
constexpr std::size_t probeBodySize(const ProbeBody& body) noexcept {
  return body.reply ? PROBE_FIXED_OCTETS + body.columnPart.size() : PROBE_BODY_OCTETS;
}

/** @param out - exactly `probeBodySize(body)` octets; a request is padded with zeros · @returns false for a wrong size
 * or too long a column part */
[[nodiscard]] bool encodeProbeBody(const ProbeBody& body, ByteSpan out) noexcept;

/** @returns nullopt for a wrong length (requests: exactly `PROBE_BODY_OCTETS`), unknown flags, or a request with t2 or
 * t3. `columnPart` points into `plaintext`. */
std::optional<ProbeBody> decodeProbeBody(ByteView plaintext) noexcept;

}  // namespace srwan
