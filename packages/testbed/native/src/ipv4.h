// The little of IPv4 that a router on the way needs: addresses, fragmentation, and the error for packets too big.
#pragma once
#include <arpa/inet.h>

#include <cstdint>
#include <optional>
#include <string>

namespace wan {

/// Smallest MTU a link may have (RFC 791).
constexpr uint32_t kMinMtu = 68;

inline uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
inline uint32_t load32(const uint8_t* p) { return static_cast<uint32_t>(load16(p)) << 16 | load16(p + 2); }
inline void store16(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
inline void store32(uint8_t* p, uint32_t v) {
  store16(p, v >> 16);
  store16(p + 2, v & 0xffff);
}

/// Address in host order, or nullopt.
inline std::optional<uint32_t> parseAddress(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

/// A sound IPv4 header with its whole packet behind it.
inline bool isIpv4(const uint8_t* packet, uint32_t length) {
  if (length < 20 || packet[0] >> 4 != 4) return false;
  const uint32_t header = (packet[0] & 15u) * 4;
  return header >= 20 && header <= length && load16(packet + 2) == length;
}

inline uint32_t destinationOf(const uint8_t* packet) { return load32(packet + 16); }
inline bool dontFragment(const uint8_t* packet) { return (packet[6] & 0x40) != 0; }

uint16_t internetChecksum(const uint8_t* data, uint32_t length);

/// Destination unreachable, fragmentation needed (RFC 792, RFC 1191) from `router` to the sender of `packet`.
/// @param out - at least 576 octets
/// @returns its length; 0 where none may be sent (an ICMP error, or not the first fragment: RFC 1122 3.2.2)
uint32_t fragmentationNeeded(const uint8_t* packet, uint32_t length, uint32_t router, uint32_t mtu, uint8_t* out);

/// Writes fragment `index` of `packet` for `mtu` to `out` (at least `mtu` octets).
/// @returns its length; 0 past the last fragment
uint32_t fragment(const uint8_t* packet, uint32_t length, uint32_t mtu, uint32_t index, uint8_t* out);

}  // namespace wan
