// The headend of this node's SR policies: its sessions, routing, liveness and path comparisons, wired.
#pragma once

#include "engine/liveness.h"
#include "engine/path_comparison.h"
#include "engine/path_mtu_discovery.h"

namespace srwan {

class Headend final : public IngressListener {
 public:
  Headend(EngineContext& context, PairChannel& channel, SessionTable& sessions, EgressRole& egress);

  // Replaces the policies by those of a config whose peers are in the table already.
  void configure(const std::vector<PolicyConfig>& policies);
  // Opens again what is to be kept open and is not. To be called about once a second.
  void keepOpen();
  // Before a peer leaves the table: its policies go.
  void dropPolicies(Peer& peer);
  // After it left: nothing that belonged to its slot stays.
  void onPeerRemoved(std::int32_t index);

  void wantPaths(IngressSession& session) override;
  bool replacementReady(IngressSession& session) override;
  void onSessionInUse(IngressSession& session) override;
  void onPathsChanged(IngressSession& session) override;
  void onSessionGone(IngressSession& session, bool failed) override;
  Policy* policyOf(const IngressSession& session, std::uint8_t color) override;
  bool noteData(Lane& lane, Policy& policy, bool alone) override { return router.noteData(lane, policy, alone); }
  void onProbeReply(IngressSession& session, const PathProbeReplyBody& reply) override;
  void onEcho(IngressSession& session, std::uint8_t cameOver, std::span<const EchoEntry> grown) override;
  bool stillNeeded(const Peer& peer) override;

  // Lists in use, for people; empty where none is.
  void describe(const IngressSession& session, SessionSnapshot& snapshot);

  PolicyTable policies;
  SessionPaths paths;
  IngressRole ingress;
  PolicyRouter router;
  EndToEndProbes probes;
  Liveness liveness;
  PathComparison comparison;
  PathMtuDiscovery mtuDiscovery;

 private:
  static constexpr Nanos NEEDED_AFTER_DATA = 60 * SECOND;

  void applyPolicy(Peer& peer, const PolicyConfig& config);

  EngineContext& context_;
  SessionTable& sessions_;
};

}  // namespace srwan
