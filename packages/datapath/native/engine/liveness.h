// One sealed probe a second over the active and the standby pair of each policy with data; switches by itself.
#pragma once

#include "engine/end_to_end_probes.h"
#include "engine/policy_router.h"

namespace srwan {

class Liveness {
 public:
  Liveness(EngineContext& context, IngressRole& ingress, PolicyRouter& router, PolicyTable& policies,
           EndToEndProbes& probes)
      : context_(context), ingress_(ingress), router_(router), policies_(policies), probes_(probes) {}

  void onTimer(std::uint32_t policy, Nanos at);
  void onReply(const OutstandingProbe& probe);

 private:
  static constexpr Nanos INTERVAL = SECOND;
  static constexpr Nanos WITH_DATA = 10 * SECOND;
  static constexpr std::uint32_t MISSES_TO_SWITCH = 3;
  // Neither pair answers: the egress may have lost the session.
  static constexpr std::uint32_t MISSES_TO_REOPEN = 6;

  void judge(PolicyLiveness::Pair& pair);
  void act(Policy& policy, IngressSession& session);
  void probe(Policy& policy, IngressSession& session, ProbePurpose purpose);

  EngineContext& context_;
  IngressRole& ingress_;
  PolicyRouter& router_;
  PolicyTable& policies_;
  EndToEndProbes& probes_;
};

}  // namespace srwan
