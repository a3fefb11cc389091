#include "wire/inner_ip_packet.h"

#include <algorithm>

namespace srwan {
namespace {

constexpr std::size_t IPV4_MIN_HEADER = 20;
constexpr std::size_t IPV6_HEADER = 40;
constexpr std::size_t IPV4_TTL = 8;
constexpr std::size_t IPV4_CHECKSUM = 10;
constexpr std::size_t IPV6_HOP_LIMIT = 7;

std::optional<IpHeader> parseIpv4(ByteView packet) noexcept {
  if (packet.size() < IPV4_MIN_HEADER) return std::nullopt;
  const std::size_t headerOctets = (packet[0] & 0x0fU) * 4;
  const std::size_t total = load16(&packet[2]);
  if (headerOctets < IPV4_MIN_HEADER || total < headerOctets || total != packet.size()) return std::nullopt;
  IpHeader header;
  header.source.version = header.destination.version = 4;
  std::copy_n(&packet[12], 4, header.source.octets.begin());
  std::copy_n(&packet[16], 4, header.destination.octets.begin());
  header.hopLimit = packet[IPV4_TTL];
  header.protocol = packet[9];
  header.headerOctets = static_cast<std::uint8_t>(headerOctets);
  return header;
}

std::optional<IpHeader> parseIpv6(ByteView packet) noexcept {
  if (packet.size() < IPV6_HEADER || load16(&packet[4]) + IPV6_HEADER != packet.size()) return std::nullopt;
  IpHeader header;
  std::copy_n(&packet[8], 16, header.source.octets.begin());
  std::copy_n(&packet[24], 16, header.destination.octets.begin());
  header.hopLimit = packet[IPV6_HOP_LIMIT];
  header.protocol = packet[6];
  header.headerOctets = IPV6_HEADER;
  return header;
}

/** HC' = ~(~HC + ~m + m') of RFC 1624, for the 16 bits that hold TTL and protocol. */
std::uint16_t updatedChecksum(std::uint16_t checksum, std::uint16_t before, std::uint16_t after) noexcept {
  std::uint32_t sum = static_cast<std::uint16_t>(~checksum);
  sum += static_cast<std::uint16_t>(~before);
  sum += after;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::optional<IpHeader> parseIpHeader(ByteView packet) noexcept {
  if (packet.empty()) return std::nullopt;
  if (packet[0] >> 4 == 4) return parseIpv4(packet);
  if (packet[0] >> 4 == 6) return parseIpv6(packet);
  return std::nullopt;
}

bool decrementHopLimit(ByteSpan packet) noexcept {
  if (packet.size() < IPV4_MIN_HEADER) return false;
  const bool ipv4 = packet[0] >> 4 == 4;
  std::uint8_t& hopLimit = packet[ipv4 ? IPV4_TTL : IPV6_HOP_LIMIT];
  if (hopLimit <= 1) return false;
  const std::uint16_t before = load16(&packet[IPV4_TTL]);
  --hopLimit;
  if (ipv4) {
    const std::uint16_t checksum = updatedChecksum(load16(&packet[IPV4_CHECKSUM]), before, load16(&packet[IPV4_TTL]));
    store16(&packet[IPV4_CHECKSUM], checksum);
  }
  return true;
}

}  // namespace srwan
