#include "engine/offload/packet_offload.h"

namespace srwan {
namespace {

constexpr std::uint8_t FLAG_NEEDS_CHECKSUM = 1;
constexpr std::uint8_t GSO_TCP4 = 1;
constexpr std::uint8_t GSO_TCP6 = 4;
constexpr std::uint8_t GSO_UDP_L4 = 5;
constexpr std::uint8_t GSO_ECN = 0x80;

std::uint16_t nativeAt(const std::uint8_t* at) noexcept {
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::optional<Gso> gsoOf(std::uint8_t type) noexcept {
  switch (type) {
    case 0:
      return Gso::none;
    // ECN says that CWR may be set, which the packet says itself.
    case GSO_TCP4:
    case GSO_TCP4 | GSO_ECN:
      return Gso::tcp4;
    case GSO_TCP6:
    case GSO_TCP6 | GSO_ECN:
      return Gso::tcp6;
    case GSO_UDP_L4:
      return Gso::udp;
    default:
      return std::nullopt;
  }
}

// Fills in what the packet says about a super-packet, and compares.
bool takeSuperPacket(PacketOffload& offload, ByteView packet, const InnerLayout& layout) noexcept {
  const bool isUdp = offload.gso == Gso::udp;
  const std::size_t header = layout.transportHeader(packet);
  if (header == 0 || layout.protocol != (isUdp ? PROTOCOL_UDP : PROTOCOL_TCP)) return false;
  if (!isUdp && layout.version != (offload.gso == Gso::tcp4 ? 4 : 6)) return false;
  if (isUdp && load16(&packet[layout.transport + udp::LENGTH]) != packet.size() - layout.transport) return false;
  // Whoever leaves the cutting to us leaves us the checksums too.
  if (!offload.needsChecksum || offload.checksumStart != layout.transport) return false;
  if (offload.checksumOffset != (isUdp ? udp::CHECKSUM : tcp::CHECKSUM)) return false;
  offload.headerOctets = static_cast<std::uint16_t>(layout.transport + header);
  return offload.segmentSize > 0 && packet.size() > offload.headerOctets;
}

}  // namespace

std::optional<PacketOffload> PacketOffload::parse(ByteView virtioHeader, ByteView packet) noexcept {
  if (virtioHeader.size() < VIRTIO_HEADER_OCTETS) return std::nullopt;
  const auto gso = gsoOf(virtioHeader[1]);
  const auto layout = layOut(packet);
  if (!gso || !layout) return std::nullopt;
  PacketOffload offload;
  offload.gso = *gso;
  offload.needsChecksum = (virtioHeader[0] & FLAG_NEEDS_CHECKSUM) != 0;
  if (offload.needsChecksum) {
    offload.checksumStart = nativeAt(&virtioHeader[6]);
    offload.checksumOffset = nativeAt(&virtioHeader[8]);
    // Never a field of the IP header.
    if (offload.checksumStart < layout->transport) return std::nullopt;
    if (std::size_t{offload.checksumStart} + offload.checksumOffset + 2 > packet.size()) return std::nullopt;
  }
  if (offload.gso == Gso::none) return offload;
  offload.segmentSize = nativeAt(&virtioHeader[4]);
  if (!takeSuperPacket(offload, packet, *layout)) return std::nullopt;
  return offload;
}

void PacketOffload::encode(ByteSpan out) const noexcept {
  constexpr std::array<std::uint8_t, 4> TYPES{0, GSO_TCP4, GSO_TCP6, GSO_UDP_L4};
  out[0] = needsChecksum ? FLAG_NEEDS_CHECKSUM : 0;
  out[1] = TYPES[static_cast<std::size_t>(gso)];
  const std::uint16_t fields[] = {headerOctets, segmentSize, checksumStart, checksumOffset};
  std::memcpy(&out[2], fields, sizeof fields);
}

void completeChecksum(ByteSpan packet, const PacketOffload& offload) noexcept {
  std::uint8_t* field = &packet[std::size_t{offload.checksumStart} + offload.checksumOffset];
  // The field holds the pseudo-header's sum, which is summed with the rest.
  storeChecksum(field, checksumAdd(0, packet.subspan(offload.checksumStart)));
  // In UDP zero would say that there is no checksum (RFC 768).
  if (offload.checksumOffset == udp::CHECKSUM && load16(field) == 0) store16(field, 0xffff);
}

}  // namespace srwan
