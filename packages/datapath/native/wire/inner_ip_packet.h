#pragma once

#include <optional>

#include "wire/bytes.h"

namespace srwan {

/** An IPv4 address in the first 4 octets (the rest 0), or an IPv6 address. */
struct IpAddress {
  /** 4 or 6. */
  std::uint8_t version = 6;
  std::array<std::uint8_t, 16> octets{};

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct IpHeader {
  IpAddress source;
  IpAddress destination;
  /** TTL or hop limit. */
  std::uint8_t hopLimit = 0;
  /** Protocol or next header of the fixed header. */
  std::uint8_t protocol = 0;
  /** 20 … 60 for IPv4 with its options, 40 for IPv6. */
  std::uint8_t headerOctets = 0;
};

/** @returns nullopt unless the header is whole and its total length is exactly the packet's (jumbograms, RFC 2675, are
 * refused). Checksums are the kernel's affair. */
std::optional<IpHeader> parseIpHeader(ByteView packet) noexcept;

/**
 * Decrements TTL or hop limit in place, for IPv4 with the checksum update of RFC 1624.
 *
 * @param packet - one that `parseIpHeader` took
 * @returns false, changing nothing, where the value is 0 or 1: the packet must be dropped
 */
[[nodiscard]] bool decrementHopLimit(ByteSpan packet) noexcept;

}  // namespace srwan
