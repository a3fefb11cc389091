#include "wire/icmp_error.h"

#include <algorithm>

#include "wire/internet_checksum.h"

namespace srwan {
namespace {

constexpr std::size_t IPV4_HEADER = 20;
constexpr std::size_t IPV6_HEADER = 40;
constexpr std::size_t ICMP_HEADER = 8;
constexpr std::size_t MAX_ICMPV4_OCTETS = 576;
constexpr std::uint8_t HOP_LIMIT = 64;
// Internetwork control, as routers send it (RFC 1812, 4.3.2.5).
constexpr std::uint8_t PRECEDENCE = 0xc0;

constexpr std::uint8_t PROTOCOL_ICMPV4 = 1;
constexpr std::uint8_t PROTOCOL_ICMPV6 = 58;
constexpr std::uint8_t NEXT_HOP_BY_HOP = 0;
constexpr std::uint8_t NEXT_ROUTING = 43;
constexpr std::uint8_t NEXT_FRAGMENT = 44;
constexpr std::uint8_t NEXT_DESTINATION_OPTIONS = 60;

bool isErrorV4(std::uint8_t type) noexcept { return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; }

/** Whom no error may be sent to or about (RFC 1122, 3.2.2). */
bool isHostV4(const IpAddress& address) noexcept {
  const std::uint8_t first = address.octets[0];
  return first != 0 && first != 127 && first < 224;
}

bool answersV4(const IpHeader& header, ByteView packet) noexcept {
  if (!isHostV4(header.source) || !isHostV4(header.destination)) return false;
  if ((load16(&packet[6]) & 0x1fff) != 0) return false;
  if (header.protocol != PROTOCOL_ICMPV4) return true;
  return packet.size() > header.headerOctets && !isErrorV4(packet[header.headerOctets]);
}

/** Whether an ICMPv6 error lies behind the extension headers, or something that cannot be told from one. */
bool holdsErrorV6(ByteView packet) noexcept {
  std::uint8_t next = packet[6];
  std::size_t at = IPV6_HEADER;
  while (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION_OPTIONS || next == NEXT_FRAGMENT) {
    if (at + 8 > packet.size()) return true;
    const bool later = next == NEXT_FRAGMENT && (load16(&packet[at + 2]) & 0xfff8) != 0;
    const std::size_t size = next == NEXT_FRAGMENT ? 8 : (std::size_t{packet[at + 1]} + 1) * 8;
    next = packet[at];
    if (later) return next == PROTOCOL_ICMPV6;
    at += size;
  }
  if (next != PROTOCOL_ICMPV6) return false;
  // Types below 128 are errors; a redirect is not answered either.
  return at >= packet.size() || packet[at] < 128 || packet[at] == 137;
}

bool answersV6(const IpHeader& header, ByteView packet, IcmpProblem problem) noexcept {
  const auto& source = header.source.octets;
  const bool nobody = std::all_of(source.begin(), source.end(), [](std::uint8_t octet) { return octet == 0; });
  if (nobody || source[0] == 0xff) return false;
  if (header.destination.octets[0] == 0xff && problem != IcmpProblem::tooBig) return false;
  return !holdsErrorV6(packet);
}

std::size_t encodeV4(const IcmpError& error, const IpHeader& header, ByteView packet, ByteSpan out) noexcept {
  const std::size_t quoted = std::min(packet.size(), MAX_ICMPV4_OCTETS - IPV4_HEADER - ICMP_HEADER);
  const std::size_t size = IPV4_HEADER + ICMP_HEADER + quoted;
  if (out.size() < size) return 0;
  std::fill_n(out.begin(), IPV4_HEADER + ICMP_HEADER, std::uint8_t{0});
  out[0] = 0x45;
  out[1] = PRECEDENCE;
  store16(&out[2], static_cast<std::uint16_t>(size));
  // DF and no identification: it is never fragmented (RFC 6864).
  out[6] = 0x40;
  out[8] = HOP_LIMIT;
  out[9] = PROTOCOL_ICMPV4;
  std::copy_n(error.source.octets.begin(), 4, &out[12]);
  std::copy_n(header.source.octets.begin(), 4, &out[16]);
  storeChecksum(&out[10], checksumAdd(0, out.first(IPV4_HEADER)));
  const ByteSpan icmp = out.subspan(IPV4_HEADER, ICMP_HEADER + quoted);
  icmp[0] = 3;
  icmp[1] = error.problem == IcmpProblem::tooBig ? 4 : 0;
  if (error.problem == IcmpProblem::tooBig) store16(&icmp[6], error.mtu);
  std::copy_n(packet.begin(), quoted, icmp.begin() + ICMP_HEADER);
  storeChecksum(&icmp[2], checksumAdd(0, icmp));
  return size;
}

std::size_t encodeV6(const IcmpError& error, const IpHeader& header, ByteView packet, ByteSpan out) noexcept {
  const std::size_t quoted = std::min(packet.size(), MAX_ICMP_ERROR_OCTETS - IPV6_HEADER - ICMP_HEADER);
  const std::size_t size = IPV6_HEADER + ICMP_HEADER + quoted;
  if (out.size() < size) return 0;
  std::fill_n(out.begin(), IPV6_HEADER + ICMP_HEADER, std::uint8_t{0});
  out[0] = 0x60;
  store16(&out[4], static_cast<std::uint16_t>(ICMP_HEADER + quoted));
  out[6] = PROTOCOL_ICMPV6;
  out[7] = HOP_LIMIT;
  std::copy_n(error.source.octets.begin(), 16, &out[8]);
  std::copy_n(header.source.octets.begin(), 16, &out[24]);
  const ByteSpan icmp = out.subspan(IPV6_HEADER, ICMP_HEADER + quoted);
  icmp[0] = error.problem == IcmpProblem::tooBig ? 2 : 1;
  if (error.problem == IcmpProblem::tooBig) store32(&icmp[4], error.mtu);
  std::copy_n(packet.begin(), quoted, icmp.begin() + ICMP_HEADER);
  // Pseudo-header of RFC 8200, 8.1.
  std::uint64_t sum = checksumAdd(0, out.subspan(8, 32));
  sum = checksumAdd16(checksumAdd16(sum, static_cast<std::uint16_t>(icmp.size())), PROTOCOL_ICMPV6);
  storeChecksum(&icmp[2], checksumAdd(sum, icmp));
  return size;
}

}  // namespace

std::size_t encodeIcmpError(const IcmpError& error, ByteView packet, ByteSpan out) noexcept {
  const auto header = parseIpHeader(packet);
  if (!header || error.source.version != header->source.version) return 0;
  if (header->source.version == 4) return answersV4(*header, packet) ? encodeV4(error, *header, packet, out) : 0;
  return answersV6(*header, packet, error.problem) ? encodeV6(error, *header, packet, out) : 0;
}

}  // namespace srwan
