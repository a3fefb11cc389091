// The whole datapath as a synchronous state machine: no sockets, threads, clocks or randomness of its own.
#pragma once

#include "engine/headend.h"
#include "engine/probe_exchange.h"
#include "engine/relay_role.h"

namespace srwan {

// References that outlive the engine.
struct EngineParts {
  KeyPair& keys;
  Output& output;
  RandomSource& random;
  MeasuringClock& clock;
  Counters& counters;
};

class Engine {
 public:
  Engine(EngineInit init, EngineParts parts);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // @param arrival measuring clock when it arrived
  void onDatagram(ByteSpan datagram, const UnderlayEndpoint& from, Nanos now, Nanos arrival);
  // A packet read from the TUN into `buffer` behind HEADROOM octets, with TAILROOM behind it.
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

  void onSegmentPacket(ByteSpan datagram);
  void onPairPacket(ByteSpan datagram);
  void onRelayedInner(Peer& origin, ByteSpan inner);
  void onPlain(const PairChannel::Received& received);
  void onDatagramMessage(const PairChannel::Received& received);
  void onControl(const PairChannel::Received& received);
  void onClose(Peer& from, std::uint32_t session);
  void onHandshake(ByteSpan datagram);
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
