// Finds the largest inner packet of each path that carries data or stands by, in both directions, by sealed end-to-end
// probes; steers policies away from paths that do not carry the least one.
#pragma once

#include "engine/end_to_end_probes.h"
#include "engine/policy_router.h"

namespace srwan {

class PathMtuDiscovery {
 public:
  PathMtuDiscovery(EngineContext& context, IngressRole& ingress, PolicyRouter& router, PolicyTable& policies,
                   EndToEndProbes& probes)
      : context_(context), ingress_(ingress), router_(router), policies_(policies), probes_(probes) {}

  void onTimer(std::uint32_t policy, Nanos at);
  void onReply(IngressSession& session, const OutstandingProbe& probe, const PathProbeReplyBody& reply);
  // Largest inner packet over all ways out of this node; nullopt where no session is in use. Keeps the TUN's MTU so.
  void followWithDevice(SessionTable& sessions);

 private:
  static constexpr Nanos WITH_DATA = 10 * SECOND;
  static constexpr Nanos BUSY = 2 * SECOND;
  // Least time between two looks at a policy.
  static constexpr Nanos PACE = 20 * MILLISECOND;
  static constexpr Nanos LOOK = SECOND;
  // How long a probe is waited for: by its round trip, between these.
  static constexpr Nanos MIN_WAIT = 150 * MILLISECOND;
  static constexpr Nanos MAX_WAIT = SECOND;
  // Of the whole node.
  static constexpr std::int64_t PROBE_RATE = 200;
  static constexpr std::int64_t PROBE_BURST = 64;

  struct Target {
    Direction direction;
    SlotPair pair;
  };

  // @returns when to look again
  Nanos attend(Policy& policy, IngressSession& session);
  Nanos attend(Policy& policy, IngressSession& session, const Target& target);
  void collect(Policy& policy, IngressSession& session, std::vector<Target>& targets) const;
  void collectErrors(Policy& policy, IngressSession& session, std::vector<Target>& targets) const;
  bool probeable(IngressSession& session, const SlotPair& pair) const;
  std::size_t limitOf(const SegmentPath& path) const;
  void send(Policy& policy, IngressSession& session, const Target& target, const MtuSearch::Probe& probe);
  // Takes over what the search found. @returns whether the path became or ceased to be eligible
  bool settle(Policy& policy, IngressSession& session, const Target& target);
  IngressPath& pathOf(IngressSession& session, const Target& target) const;

  EngineContext& context_;
  IngressRole& ingress_;
  PolicyRouter& router_;
  PolicyTable& policies_;
  EndToEndProbes& probes_;
  TokenBucket tokens_{PROBE_RATE, PROBE_BURST};
  std::size_t deviceMtu_ = 0;
};

}  // namespace srwan
