// What the kernel left undone on an inner packet: a checksum to complete, a super-packet to cut. The header is virtio's
// (Virtual I/O Device 1.2, section 5.1.6, struct virtio_net_hdr without num_buffers), in the machine's byte order as
// Linux's TUN has it.
#pragma once

#include "engine/offload/inner_layout.h"

namespace srwan {

inline constexpr std::size_t VIRTIO_HEADER_OCTETS = 10;
// Largest packet that a TUN hands over, super-packets included.
inline constexpr std::size_t MAX_SUPER_PACKET = 65'535;

enum class Gso : std::uint8_t { none, tcp4, tcp6, udp };

struct PacketOffload {
  Gso gso = Gso::none;
  // The checksum field holds the pseudo-header's sum only.
  bool needsChecksum = false;
  // Where the checksum begins to count, and its field from there.
  std::uint16_t checksumStart = 0;
  std::uint16_t checksumOffset = 0;
  // Octets of all headers; 0 where `gso` is none.
  std::uint16_t headerOctets = 0;
  // Payload octets of each packet but the last; 0 where `gso` is none.
  std::uint16_t segmentSize = 0;

  // Local programs with raw sockets write these fields too: each is checked against the packet, and the length of the
  // headers, which Linux gives as a hint only, is read from the packet itself.
  // @returns nullopt where header and packet do not belong together: the packet must be dropped
  static std::optional<PacketOffload> parse(ByteView virtioHeader, ByteView packet) noexcept;

  // @param out VIRTIO_HEADER_OCTETS
  void encode(ByteSpan out) const noexcept;
};

// Completes the checksum of a packet that has `needsChecksum` and no GSO, where it lies.
void completeChecksum(ByteSpan packet, const PacketOffload& offload) noexcept;

}  // namespace srwan
