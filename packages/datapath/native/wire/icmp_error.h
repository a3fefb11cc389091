#pragma once

#include "wire/inner_ip_packet.h"

namespace srwan {

/** Why an inner packet goes no further. */
enum class IcmpProblem : std::uint8_t {
  /** ICMPv6 Packet Too Big (RFC 4443, 3.2); ICMPv4 fragmentation needed and DF set (RFC 792 with RFC 1191, 4). */
  tooBig,
  /** ICMPv6 no route to destination (RFC 4443, 3.1); ICMPv4 net unreachable (RFC 792). */
  unreachable
};

struct IcmpError {
  IcmpProblem problem = IcmpProblem::tooBig;
  /** Largest packet that would have gone on; `tooBig` only. */
  std::uint16_t mtu = 0;
  /** Who says so; of the packet's version. */
  IpAddress source;
};

/** Longest error: the least MTU of IPv6. */
constexpr std::size_t MAX_ICMP_ERROR_OCTETS = 1280;

/**
 * Builds the answer to the sender of a packet: IP and ICMP header, checksums, and as much of the packet as IPv6's least
 * MTU (RFC 4443, 2.4 c) or 576 octets of IPv4 (RFC 1812, 4.3.2.3) leave room for.
 *
 * @param packet - one that `parseIpHeader` took
 * @returns octets written to the front of `out`; 0 where such a packet is never answered (RFC 4443, 2.4 e; RFC 1122,
 * 3.2.2: errors, later fragments, multicast, senders that nobody is) or `out` is too short
 */
[[nodiscard]] std::size_t encodeIcmpError(const IcmpError& error, ByteView packet, ByteSpan out) noexcept;

}  // namespace srwan
