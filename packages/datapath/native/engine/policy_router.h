// Which session and path a packet of this node takes: the first packet opens the session, a new pair is moved to when
// it is ready.
#pragma once

#include "engine/egress_role.h"
#include "engine/ingress_role.h"
#include "engine/offload/inner_cutter.h"

namespace srwan {

class PolicyRouter {
 public:
  PolicyRouter(EngineContext& context, IngressRole& ingress, EgressRole& egress, SessionTable& sessions,
               SessionPaths& paths, PolicyTable& policies)
      : context_(context),
        ingress_(ingress),
        egress_(egress),
        sessions_(sessions),
        paths_(paths),
        policies_(policies) {}

  // A packet or super-packet from the TUN, behind HEADROOM octets in `buffer` and with TAILROOM behind it. For lanes
  // beside each other.
  // @param alone whether this lane is · @returns false where it changes what lanes share: nothing has happened yet
  bool onTun(Lane& lane, ByteSpan buffer, std::size_t size, const PacketOffload& offload, bool alone);
  // The lists of a policy are those of its config from now on.
  void follow(Policy& policy);
  // The standby's lists of the dead directions become active, now: they answer and the active ones do not.
  // @param gap since the active pair was last heard of
  void swap(Policy& policy, LivenessVerdict dead, Nanos gap);
  // Another open pair of the policy's lists becomes the standby. @returns false where there is none
  bool nextStandby(Policy& policy);
  // Both its transits' answers are there, and the egress knows the reverse list.
  bool open(IngressSession& session, const SlotPair& pair);
  // Moves to the wanted pair if it is ready.
  void update(Policy& policy);
  // Takes the policy to a session that has just become the one in use.
  void bind(Policy& policy, IngressSession& session);
  // Marks all lists of a policy in a session.
  void want(Policy& policy, IngressSession& session);
  // Both transits' answers for the wanted pair are there.
  bool wantedPairReady(const Policy& policy, IngressSession& session);
  // Its session is gone, and what waited for it.
  void unbind(Policy& policy);
  // For lanes beside each other. @param alone whether this lane is
  // @returns false where it changes what lanes share: nothing has happened yet
  bool noteData(Lane& lane, Policy& policy, bool alone);
  void onAwaitTimer(std::uint32_t policy, Nanos at);

 private:
  // How long the first packets wait for the wanted pair before any other ready one carries them.
  static constexpr Nanos AWAIT_PAIR = SECOND;
  static constexpr Nanos DEMAND_INTERVAL = 5 * SECOND;

  // Where a packet for a member leaves: over the policy's own session, or back over the member's.
  struct Way {
    // Null where there is none.
    EndSession* session = nullptr;
    SenderPath* path = nullptr;
    const Peer* next = nullptr;
    // Null on the way back.
    Policy* policy = nullptr;
    Direction direction = Direction::forward;
    // Octets of the longest inner packet.
    std::size_t mtu = MIN_INNER_MTU;
  };

  // @returns the member that serves the destination; null where the packet was dropped
  Peer* destinationOf(Lane& lane, ByteSpan packet);
  Way wayTo(const Lane& lane, const Peer& peer, bool alone);
  // Opens a session; the packet waits for it. Only for the one that is alone.
  void makeWay(Peer& peer, ByteSpan packet);
  // Cuts a super-packet as the way wants it, and sends or queues what comes out.
  void sendCut(Lane& lane, Peer& peer, const Way& way, ByteSpan packet, const PacketOffload& offload);
  void sendWhole(Lane& lane, Peer& peer, const Way& way, ByteSpan buffer, std::size_t size);
  // Seals a datagram of the right size around its plaintext and sends it.
  void transmit(Lane& lane, const Way& way, ByteSpan datagram);
  bool sendForward(Policy& policy, ByteSpan buffer, std::size_t size);
  void awaitPair(Policy& policy, const IngressSession& session);
  void enqueue(Policy& policy, ByteView packet);
  void flush(Policy& policy);
  SlotPair slotsOf(IngressSession& session, const ListPair& lists, std::uint8_t color);
  bool ready(IngressSession& session, const SlotPair& pair);
  // The list that follows `current`, around, and is not `except`; `current` where there is no other.
  static SegmentPath after(const std::vector<SidList>& lists, const SegmentPath& current, const SegmentPath& except);
  SlotPair anyReady(Policy& policy, IngressSession& session);

  EngineContext& context_;
  IngressRole& ingress_;
  EgressRole& egress_;
  SessionTable& sessions_;
  SessionPaths& paths_;
  PolicyTable& policies_;
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> buffer_{};
};

}  // namespace srwan
