#include "engine/headend.h"

#include <algorithm>

namespace srwan {

Headend::Headend(EngineContext& context, PairChannel& channel, SessionTable& sessions, EgressRole& egress)
    : paths(context, channel),
      ingress(context, channel, sessions, policies),
      router(context, ingress, egress, sessions, paths, policies),
      probes(context, ingress),
      liveness(context, ingress, router, policies, probes),
      comparison(context, ingress, paths, probes),
      mtuDiscovery(context, ingress, router, policies, probes),
      context_(context),
      sessions_(sessions) {
  ingress.setListener(*this);
}

void Headend::configure(const std::vector<PolicyConfig>& wanted) {
  std::vector<Policy*> gone;
  policies.forEach([&](Policy& policy) {
    const bool listed = std::any_of(wanted.begin(), wanted.end(), [&](const PolicyConfig& config) {
      return config.endpoint == policy.config.endpoint && config.color == policy.config.color;
    });
    if (!listed) gone.push_back(&policy);
  });
  for (Policy* policy : gone) {
    router.unbind(*policy);
    policies.remove(*context_.peers.at(policy->peer), policy->index);
  }
  for (const PolicyConfig& config : wanted) applyPolicy(*context_.peers.find(config.endpoint), config);
  for (const std::uint32_t id :
       sessions_.idsWhere([](const Session& session) { return session.role == SessionRole::ingress; })) {
    IngressSession* session = ingress.find(id);
    Peer* peer = context_.peers.at(session->egressPeer);
    if (peer == nullptr || peer->defaultPolicy < 0) {
      ingress.close(*session, "no policy");
      continue;
    }
    ingress.refresh(*session);
    onPathsChanged(*session);
  }
  keepOpen();
}

void Headend::keepOpen() {
  policies.forEach([&](Policy& policy) {
    if (policy.config.keepOpen) ingress.ensure(*context_.peers.at(policy.peer));
  });
}

void Headend::applyPolicy(Peer& peer, const PolicyConfig& config) {
  Policy* known = policies.at(peer.policies[config.color]);
  if (known == nullptr) {
    Policy& policy = policies.add(peer, config);
    router.follow(policy);
    if (const IngressSession* session = ingress.current(peer);
        session != nullptr && session->state == SessionState::open)
      policy.session = session->id;
    return;
  }
  if (known->config == config) return;
  known->config = config;
  router.follow(*known);
}

void Headend::dropPolicies(Peer& peer) {
  const auto group = policies.of(peer);
  for (Policy* policy : group.view()) {
    router.unbind(*policy);
    policies.remove(peer, policy->index);
  }
}

void Headend::onPeerRemoved(std::int32_t index) {
  for (const std::uint32_t id : sessions_.idsWhere([&](const Session& session) {
         return session.role == SessionRole::ingress && session.egressPeer == index;
       })) {
    ingress.close(*ingress.find(id), "the endpoint left or has another key");
  }
  sessions_.forEach([&](Session& session) {
    if (session.role == SessionRole::ingress) paths.forgetHop(static_cast<IngressSession&>(session), index);
  });
}

void Headend::wantPaths(IngressSession& session) {
  paths.unwantAll(session);
  if (const Peer* peer = context_.peers.at(session.egressPeer)) {
    const auto group = policies.of(*peer);
    for (Policy* policy : group.view()) router.want(*policy, session);
  }
  comparison.want(session);
  paths.settleHops(session);
}

bool Headend::replacementReady(IngressSession& session) {
  const Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr) return true;
  const auto group = policies.of(*peer);
  return std::all_of(group.view().begin(), group.view().end(),
                     [&](Policy* policy) { return router.wantedPairReady(*policy, session); });
}

void Headend::onSessionInUse(IngressSession& session) {
  const Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr) return;
  const auto group = policies.of(*peer);
  for (Policy* policy : group.view()) router.bind(*policy, session);
  comparison.onPathsChanged(session);
}

void Headend::onPathsChanged(IngressSession& session) {
  const Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr) return;
  const auto group = policies.of(*peer);
  for (Policy* policy : group.view()) {
    if (policy->session == session.id) router.update(*policy);
  }
  comparison.onPathsChanged(session);
}

void Headend::onSessionGone(IngressSession& session, bool failed) {
  if (const Peer* peer = context_.peers.at(session.egressPeer)) {
    const auto group = policies.of(*peer);
    for (Policy* policy : group.view()) {
      const bool carried = policy->session == session.id;
      const bool waited = policy->session == 0 && failed && peer->session == 0;
      if (carried || waited) router.unbind(*policy);
    }
  }
  comparison.onSessionGone(session);
}

Policy* Headend::policyOf(const IngressSession& session, std::uint8_t color) {
  const Peer* peer = context_.peers.at(session.egressPeer);
  return peer == nullptr ? nullptr : policies.at(peer->policies[color]);
}

void Headend::onProbeReply(IngressSession& session, const PathProbeReplyBody& reply) {
  const auto probe = probes.match(session, reply);
  if (!probe) return;
  switch (probe->purpose) {
    case ProbePurpose::none:
      return;
    case ProbePurpose::comparison:
      return comparison.onReply(*probe, reply);
    case ProbePurpose::mtuForward:
    case ProbePurpose::mtuReverse:
      return mtuDiscovery.onReply(session, *probe, reply);
    case ProbePurpose::liveness:
      return liveness.onReply(*probe, reply);
  }
}

void Headend::onEcho(IngressSession& session, std::uint8_t cameOver, std::span<const EchoEntry> grown) {
  const Peer* peer = context_.peers.at(session.egressPeer);
  if (peer == nullptr) return;
  const auto group = policies.of(*peer);
  for (Policy* policy : group.view()) {
    if (policy->session == session.id) liveness.onEcho(*policy, session, cameOver, grown);
  }
}

bool Headend::stillNeeded(const Peer& peer) {
  const auto group = policies.of(peer);
  return std::any_of(group.view().begin(), group.view().end(), [&](const Policy* policy) {
    return policy->config.keepOpen || context_.now - policy->lastData() < NEEDED_AFTER_DATA;
  });
}

void Headend::describe(const IngressSession& session, SessionSnapshot& snapshot) {
  const Peer* peer = context_.peers.at(session.egressPeer);
  const Policy* policy = peer == nullptr ? nullptr : policies.at(peer->defaultPolicy);
  if (policy == nullptr || policy->session != session.id) return;
  if (policy->tooNarrow) snapshot.mtu = MtuSnapshot{0, 0, MtuState::error};
  if (!policy->active.complete()) return;
  snapshot.activeForward = session.forward[static_cast<std::size_t>(policy->active.forward)].sender.path.sids();
  snapshot.activeReverse = session.reverse[static_cast<std::size_t>(policy->active.reverse)].sender.path.sids();
  const IngressPath& forward = session.forward[static_cast<std::size_t>(policy->active.forward)];
  const IngressPath& reverse = session.reverse[static_cast<std::size_t>(policy->active.reverse)];
  snapshot.mtu = MtuSnapshot{forward.sender.mtu, reverse.sender.mtu,
                             leastAdvanced(forward.mtu.search.state(), reverse.mtu.search.state())};
}

}  // namespace srwan
