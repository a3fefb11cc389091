// The whole datapath as a synchronous state machine: no sockets, threads, clocks or randomness of its own.
// Several threads may use it, each with a lane of its own, under one rule: `try…` run beside each other, everything
// else runs alone. What a lane cannot do beside others it says, and is asked again alone.
#pragma once

#include "engine/headend.h"
#include "engine/probe_exchange.h"
#include "engine/relay_role.h"

namespace srwan {

// References that outlive the engine.
struct EngineParts {
  struct LaneParts {
    Output& output;
    Counters& counters;
  };

  KeyPair& keys;
  RandomSource& random;
  MeasuringClock& clock;
  // 1 … MAX_LANES.
  std::vector<LaneParts> lanes;
};

class Engine {
 public:
  Engine(EngineInit init, EngineParts parts);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Lane& lane(unsigned index) { return context_.lanes[index]; }
  std::size_t lanes() const { return context_.lanes.size(); }

  // A packet that carries data, with `lane.now` and `lane.arrival` set: by the lane that may use the engine, no sooner,
  // since work that runs alone sets the first lane's.
  // @returns `control`: pass it to `onDatagram`; `content`: call `onContent`
  Outcome tryDatagram(Lane& lane, ByteSpan datagram) { return forward(lane, datagram, false); }
  // @returns false where it is to be passed to `onTun`
  bool tryTun(Lane& lane, ByteSpan buffer, std::size_t size, const PacketOffload& offload) {
    return headend_.router.onTun(lane, buffer, size, offload, false);
  }

  // With `lane.now` and `lane.arrival` set. @param arrival measuring clock when it arrived
  void onDatagram(Lane& lane, ByteSpan datagram, const UnderlayEndpoint& from);
  void onDatagram(ByteSpan datagram, const UnderlayEndpoint& from, Nanos now, Nanos arrival);
  void onContent(Lane& lane);
  // A packet or super-packet read from the TUN into `buffer` behind HEADROOM octets, with TAILROOM behind it.
  void onTun(Lane& lane, ByteSpan buffer, std::size_t size, const PacketOffload& offload);
  void onTun(ByteSpan buffer, std::size_t size, Nanos now);
  void onTimer(Nanos now);
  // When onTimer is to be called at the latest; NEVER = not at all.
  Nanos nextTimer() const { return context_.timers.next(); }

  // Takes over the whole desired state; sessions, counters and keys of what stays go on.
  // @returns the contradiction where there is one; nothing has changed then
  std::optional<ConfigProblem> reconfigure(const EngineConfig& config, Nanos now);
  // @returns false where the peer is unknown or the payload too long
  bool sendDatagram(Sid to, ByteView payload, Nanos now);
  void setColumnPart(ByteView part, std::span<const std::pair<Sid, std::uint16_t>> columnSeen);
  void comparePaths(PathComparisonRequest request, Nanos now);
  void cancelComparison(std::uint32_t id);
  std::vector<SessionSnapshot> sessions(Nanos now);
  // Last counts of sessions that are over, until `forgetEnded` says that they have been taken.
  std::vector<EndedSessions::Ended> endedSessions() { return context_.ended.list(); }
  void forgetEnded(std::uint64_t through) { context_.ended.forgetThrough(through); }
  // Looks whether the clock's epoch changed, and says so.
  void checkClock();
  // Tells the other hops that this node's sessions are over.
  void shutdown(Nanos now);

 private:
  static constexpr Nanos SWEEP_INTERVAL = SECOND;
  // A responder's session that no packet has confirmed.
  static constexpr Nanos UNCONFIRMED_LIFETIME = 30 * SECOND;
  // Probes lost in a row after which datagrams also take a relay.
  static constexpr std::uint32_t DIRECT_LINK_DEAD = 2;
  // No session is opened to a member that closed too many, for so long.
  static constexpr Nanos AFTER_TOO_MANY_CLOSES = 5 * SECOND;

  Outcome forward(Lane& lane, ByteSpan datagram, bool alone);
  // The first lane is alone, and this is its time.
  void enter(Nanos now);
  void onPairPacket(ByteSpan datagram);
  void onRelayedInner(Peer& origin, ByteSpan inner);
  void onPlain(const PairChannel::Received& received);
  void onDatagramMessage(const PairChannel::Received& received);
  void onControl(const PairChannel::Received& received);
  void onClose(Peer& from, std::uint32_t session);
  // @param from null where it came through a relay
  void onHandshake(ByteSpan datagram, const UnderlayEndpoint* from);
  void fire(const Timer& timer);
  void sweep();
  void sweepSession(Session& session);
  void removePeer(std::int32_t index);
  void applyPeers(const std::vector<PeerConfig>& peers);
  void applyPrefixes(const EngineConfig& config);
  void forgetTransit(Session& session);

  EngineContext context_;
  SessionTable sessions_;
  PairChannel channel_;
  ProbeExchange exchange_;
  RelayRole relay_;
  TransitRole transit_;
  EgressRole egress_;
  Headend headend_;
  std::uint16_t clockEpoch_;
  bool sweeping_ = false;
};

}  // namespace srwan
