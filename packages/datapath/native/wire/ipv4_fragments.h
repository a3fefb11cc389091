#pragma once

#include "wire/inner_ip_packet.h"

namespace srwan {

/** Smallest MTU that IPv4 allows (RFC 791): 60 octets of header and 8 of data. */
constexpr std::size_t MIN_IPV4_MTU = 68;

/** @param packet - one that `parseIpHeader` took · @returns whether it may not be cut: IPv6, or IPv4 with DF */
constexpr bool mustStayWhole(ByteView packet) noexcept { return packet[0] >> 4 != 4 || (packet[6] & 0x40) != 0; }

/** Cuts one IPv4 packet without DF into fragments (RFC 791, 3.2), a fragment of another packet included. */
class Ipv4Fragments {
 public:
  /** @param packet - one that `parseIpHeader` took; outlives this · @param mtu - at least `MIN_IPV4_MTU` */
  Ipv4Fragments(ByteView packet, std::size_t mtu) noexcept;

  /** Writes the next one to the front of `out`, `mtu` octets at most. @returns its octets; 0 after the last one, or
   * where `out` is too short */
  [[nodiscard]] std::size_t next(ByteSpan out) noexcept;

 private:
  /** Header of the fragment that comes next. @returns its octets */
  std::size_t writeHeader(ByteSpan out) const noexcept;

  ByteView packet_;
  std::size_t mtu_;
  std::size_t header_;
  /** Octets of data that have been written. */
  std::size_t done_ = 0;
};

}  // namespace srwan
