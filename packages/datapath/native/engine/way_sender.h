// Sends inner packets over a way out of this node: in one piece, cut to what the way carries, or not at all, and then
// their sender is told.
#pragma once

#include "engine/end_session.h"
#include "engine/offload/inner_cutter.h"
#include "engine/policy.h"
#include "wire/icmp_error.h"

namespace srwan {

// Where a packet for a member leaves: over the policy's own session, or back over the member's.
struct Way {
  // Null where there is none.
  EndSession* session = nullptr;
  SenderPath* path = nullptr;
  const Peer* next = nullptr;
  // Null on the way back.
  Policy* policy = nullptr;
  // Octets of the longest inner packet: what both the path in use and the one that stands by carry.
  std::size_t mtu = BASE_MTU;
};

// For lanes beside each other.
class WaySender {
 public:
  explicit WaySender(EngineContext& context) : context_(context) {}

  // Whether the packet fits the way or may be cut until it does; else it is dropped and its sender told.
  bool admit(Lane& lane, const Way& way, ByteView packet, const PacketOffload& offload);
  // Sends an admitted packet, behind HEADROOM octets in `buffer`, over a way with a session.
  void send(Lane& lane, const Way& way, ByteSpan buffer, std::size_t size, const PacketOffload& offload);
  // Tells the sender of a packet why it goes no further. @param mtu what would have gone on; `tooBig` only
  void answer(Lane& lane, ByteView packet, IcmpProblem problem, std::size_t mtu);

  // What a super-packet is cut to: datagrams of IPv4 without DF become fragments afterwards, all else fits at once.
  static InnerCutter cutterFor(const Way& way, ByteView packet, const PacketOffload& offload);

 private:
  void sendCut(Lane& lane, const Way& way, ByteView packet, const PacketOffload& offload);
  void sendFragments(Lane& lane, const Way& way, ByteView packet);
  // Seals a datagram of the right size around its plaintext and sends it.
  void transmit(Lane& lane, const Way& way, ByteSpan datagram);

  EngineContext& context_;
};

}  // namespace srwan
