// The other way than the cutter: consecutive packets of one flow become one super-packet for the TUN, without a copy of
// what they carry. What it hands out stands for exactly the packets that went in, in the order inside each flow (but
// for the identification of IPv4 packets with DF, which means nothing: RFC 6864).
#pragma once

#include <sys/uio.h>

#include "engine/offload/packet_offload.h"

namespace srwan {

// What the device takes.
class CoalescedSink {
 public:
  virtual ~CoalescedSink() = default;
  // @param pieces a virtio header of VIRTIO_HEADER_OCTETS, then the packet; valid during the call
  // @param packets how many packets it stands for
  virtual void takeCoalesced(std::span<const iovec> pieces, std::size_t packets) = 0;
};

class FlowCoalescer {
 public:
  static constexpr std::size_t FLOWS = 8;
  static constexpr std::size_t MAX_PACKETS = 64;

  struct Takes {
    bool tcp = false;
    bool udp = false;
  };

  FlowCoalescer(CoalescedSink& sink, Takes takes) : sink_(sink), takes_(takes) {}

  // @param packet a whole IP packet that stays where and as it is until `flush`
  void add(ByteView packet);
  // Hands out everything.
  void flush();

 private:
  static constexpr std::size_t MAX_HEADERS = 40 + tcp::MAX_HEADER;

  struct Flow {
    // 0 = a free place.
    std::size_t packets = 0;
    ByteView first;
    InnerLayout layout;
    std::size_t header = 0;
    std::size_t segment = 0;
    std::size_t octets = 0;
    std::uint32_t nextSequence = 0;
    // The first packet's checksum has been found right.
    bool verified = false;
    bool push = false;
    std::array<std::uint8_t, VIRTIO_HEADER_OCTETS + MAX_HEADERS> headers;
    // The headers, then the payloads.
    std::array<iovec, 1 + MAX_PACKETS> pieces;
  };

  static bool sameFlow(const Flow& flow, ByteView packet, const InnerLayout& layout);
  static bool follows(const Flow& flow, ByteView packet, std::size_t header);
  static bool sameIpHeader(const Flow& flow, ByteView packet);
  static bool sameTcpHeader(const Flow& flow, ByteView packet);
  Flow* find(ByteView packet, const InnerLayout& layout);
  bool mayStart(ByteView packet, const InnerLayout& layout, std::size_t header) const;
  void start(ByteView packet, const InnerLayout& layout, std::size_t header);
  // @returns whether it became part of the flow
  bool append(Flow& flow, ByteView packet, std::size_t header);
  void handOut(Flow& flow);
  void handOutAsItIs(ByteView packet);

  CoalescedSink& sink_;
  Takes takes_;
  std::size_t used_ = 0;
  std::size_t nextVictim_ = 0;
  std::array<Flow, FLOWS> flows_;
};

}  // namespace srwan
