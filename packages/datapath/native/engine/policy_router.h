// Which session and path a packet of this node takes: the first packet opens the session, a new pair is moved to when
// it is ready.
#pragma once

#include "engine/egress_role.h"
#include "engine/ingress_role.h"
#include "engine/way_sender.h"

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
        policies_(policies),
        sender_(context) {}

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
  // Some path of the policy became or ceased to be eligible.
  void onEligibility(Policy& policy);
  // Largest inner packet that goes out now and after a failover.
  std::size_t mtuOf(const Policy& policy, const IngressSession& session) const;
  void onAwaitTimer(std::uint32_t policy, Nanos at);

 private:
  // How long the first packets wait for the wanted pair before any other ready one carries them.
  static constexpr Nanos AWAIT_PAIR = SECOND;
  static constexpr Nanos DEMAND_INTERVAL = 5 * SECOND;

  // @returns the member that serves the destination; null where the packet was dropped
  Peer* destinationOf(Lane& lane, ByteSpan packet);
  Way wayTo(const Lane& lane, const Peer& peer, bool alone);
  Way forwardWay(const Lane& lane, Policy& policy, bool alone);
  // Whether the packet may take the way, or wait for one; else it is dropped and its sender told.
  bool admitTo(Lane& lane, const Peer& peer, const Way& way, ByteView packet, const PacketOffload& offload);
  // Has a packet wait for a way, cut already.
  void queue(Peer& peer, ByteSpan packet, const PacketOffload& offload);
  bool eligible(IngressSession& session, const SlotPair& pair) const;
  // Whether every list of one direction carries less than the base.
  bool noneCarriesBase(const Policy& policy, IngressSession& session);
  // Takes over what a session that this one replaces knew about its paths.
  void inherit(Policy& policy, IngressSession& session);
  void dropWaiting(Policy& policy, Counter why);
  // Opens a session; the packet waits for it. Only for the one that is alone.
  void makeWay(Peer& peer, ByteSpan packet);
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
  WaySender sender_;
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> buffer_{};
};

}  // namespace srwan
