// IP packets for the offload tests, built and checked without the code under test.
#pragma once

#include <random>
#include <vector>

#include "engine/offload/packet_offload.h"
#include "test/wire/support/reference_checksum.h"

namespace srwan::test {

using Packet = std::vector<std::uint8_t>;

struct PacketShape {
  int version = 4;
  bool tcp = true;
  std::uint32_t sequence = 1000;
  std::uint8_t flags = tcp::ACK;
  std::size_t payload = 100;
  std::size_t options = 12;
  std::uint16_t sourcePort = 4000;
  std::uint16_t identification = 7;
  bool dontFragment = true;
  // The payload's octets are a function of the stream's position.
  std::uint32_t position = 0;
};

inline std::uint8_t streamOctet(std::uint32_t position) {
  return static_cast<std::uint8_t>((position * 2654435761U) >> 24);
}

// RFC 1071, one word at a time.
inline std::uint16_t slowChecksum(ByteView octets, std::uint64_t sum = 0) {
  return foldedChecksum(checksumOver(octets, sum));
}

inline std::uint64_t slowPseudoSum(ByteView packet, std::size_t transport) {
  const bool ipv4 = packet[0] >> 4 == 4;
  const ByteView addresses = ipv4 ? packet.subspan(12, 8) : packet.subspan(8, 32);
  return checksumOver(addresses, ipv4 ? packet[9] : packet[6]) + packet.size() - transport;
}

inline std::size_t ipOctets(ByteView packet) { return packet[0] >> 4 == 4 ? 20 : 40; }
inline bool isTcp(ByteView packet) { return packet[packet[0] >> 4 == 4 ? 9 : 6] == 6; }
inline std::size_t headerOctets(ByteView packet) {
  const std::size_t at = ipOctets(packet);
  return at + (isTcp(packet) ? (packet[at + 12] >> 4) * 4U : 8U);
}
inline std::size_t checksumAt(ByteView packet) { return ipOctets(packet) + (isTcp(packet) ? 16 : 6); }

inline bool checksumsHold(ByteView packet) {
  const std::size_t at = ipOctets(packet);
  if (at == 20 && slowChecksum(packet.first(20)) != 0) return false;
  return slowChecksum(packet.subspan(at), slowPseudoSum(packet, at)) == 0;
}

inline void setChecksum(Packet& packet) {
  const std::size_t field = checksumAt(packet);
  store16(&packet[field], 0);
  const std::uint16_t sum =
      slowChecksum(ByteView(packet).subspan(ipOctets(packet)), slowPseudoSum(packet, ipOctets(packet)));
  store16(&packet[field], sum == 0 && !isTcp(packet) ? 0xffff : sum);
}

// A whole packet with right checksums.
inline Packet makePacket(const PacketShape& shape) {
  const std::size_t ip = shape.version == 4 ? 20 : 40;
  const std::size_t transport = shape.tcp ? 20 + shape.options : 8;
  Packet packet(ip + transport + shape.payload);
  if (shape.version == 4) {
    packet[0] = 0x45;
    store16(&packet[2], static_cast<std::uint16_t>(packet.size()));
    store16(&packet[4], shape.identification);
    packet[6] = shape.dontFragment ? 0x40 : 0;
    packet[8] = 64;
    packet[9] = shape.tcp ? 6 : 17;
    for (std::size_t i = 12; i < 20; ++i) packet[i] = static_cast<std::uint8_t>(10 + i);
    store16(&packet[10], slowChecksum(ByteView(packet).first(20)));
  } else {
    packet[0] = 0x60;
    store16(&packet[4], static_cast<std::uint16_t>(packet.size() - ip));
    packet[6] = shape.tcp ? 6 : 17;
    packet[7] = 64;
    for (std::size_t i = 8; i < 40; ++i) packet[i] = static_cast<std::uint8_t>(0xfd ^ i);
  }
  std::uint8_t* at = &packet[ip];
  store16(at, shape.sourcePort);
  store16(at + 2, 80);
  if (shape.tcp) {
    store32(at + 4, shape.sequence);
    store32(at + 8, 77);
    at[12] = static_cast<std::uint8_t>(transport / 4 << 4);
    at[13] = shape.flags;
    store16(at + 14, 500);
    for (std::size_t i = 20; i < transport; ++i) at[i] = 1;
  } else {
    store16(at + 4, static_cast<std::uint16_t>(transport + shape.payload));
  }
  for (std::size_t i = 0; i < shape.payload; ++i)
    at[transport + i] = streamOctet(shape.position + static_cast<std::uint32_t>(i));
  setChecksum(packet);
  return packet;
}

// What Linux writes before a super-packet; the packet's checksum becomes partial.
inline PacketOffload asSuperPacket(Packet& packet, std::size_t segment) {
  PacketOffload offload;
  offload.gso = !isTcp(packet) ? Gso::udp : ipOctets(packet) == 20 ? Gso::tcp4 : Gso::tcp6;
  offload.needsChecksum = true;
  offload.checksumStart = static_cast<std::uint16_t>(ipOctets(packet));
  offload.checksumOffset = static_cast<std::uint16_t>(checksumAt(packet) - ipOctets(packet));
  offload.headerOctets = static_cast<std::uint16_t>(headerOctets(packet));
  offload.segmentSize = static_cast<std::uint16_t>(segment);
  store16(&packet[checksumAt(packet)],
          static_cast<std::uint16_t>(~slowChecksum({}, slowPseudoSum(packet, ipOctets(packet)))));
  return offload;
}

}  // namespace srwan::test
