// Where an inner packet's transport header lies, and the checksum that covers it.
#pragma once

#include <optional>

#include "wire/internet_checksum.h"

namespace srwan {

inline constexpr std::uint8_t PROTOCOL_TCP = 6;
inline constexpr std::uint8_t PROTOCOL_UDP = 17;

namespace tcp {
inline constexpr std::size_t SEQUENCE = 4;
inline constexpr std::size_t ACKNOWLEDGED = 8;
inline constexpr std::size_t DATA_OFFSET = 12;
inline constexpr std::size_t FLAGS = 13;
inline constexpr std::size_t WINDOW = 14;
inline constexpr std::size_t CHECKSUM = 16;
inline constexpr std::size_t URGENT = 18;
inline constexpr std::size_t MIN_HEADER = 20;
inline constexpr std::size_t MAX_HEADER = 60;
inline constexpr std::uint8_t FIN = 0x01;
inline constexpr std::uint8_t PSH = 0x08;
inline constexpr std::uint8_t ACK = 0x10;
inline constexpr std::uint8_t CWR = 0x80;
}  // namespace tcp

namespace udp {
inline constexpr std::size_t LENGTH = 4;
inline constexpr std::size_t CHECKSUM = 6;
inline constexpr std::size_t HEADER = 8;
}  // namespace udp

struct InnerLayout {
  // 4 or 6.
  std::uint8_t version = 0;
  // Of the header at `transport`.
  std::uint8_t protocol = 0;
  bool fragment = false;
  // Octets before the transport header: the IP header with options or extension headers.
  std::uint16_t transport = 0;

  // Octets of the transport header: 8 for UDP, 20 to 60 for TCP; 0 where it is not whole or neither of them.
  std::size_t transportHeader(ByteView packet) const noexcept;
};

// @returns nullopt where the length fields are not exactly the packet's, as for parseIpHeader. Of IPv6's extension
// headers hop-by-hop and destination options are stepped over; another one is the `protocol`.
std::optional<InnerLayout> layOut(ByteView packet) noexcept;

// The pseudo-header's sum but for the length (RFC 9293 section 3.1, RFC 8200 section 8.1).
std::uint64_t pseudoHeaderSum(ByteView packet, const InnerLayout& layout) noexcept;

// Sets the length field of an IPv4 or IPv6 header to a packet of `size` octets, and the IPv4 header's checksum.
void setIpLength(ByteSpan packet, const InnerLayout& layout, std::size_t size) noexcept;

}  // namespace srwan
