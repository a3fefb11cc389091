// From one desired state to the next, and out.
#include <algorithm>
#include <unordered_map>

#include "engine/engine.h"
#include "engine/session_end.h"

namespace srwan {

std::optional<ConfigProblem> Engine::reconfigure(const EngineConfig& config, Nanos now) {
  enter(now);
  if (auto problem = findConfigProblem(config, context_.init.sid)) return problem;
  context_.transit = config.transit;
  applyPeers(config.peers);
  applyPrefixes(config);
  headend_.configure(config.policies);
  if (!sweeping_) {
    sweeping_ = true;
    context_.timers.schedule(now + SWEEP_INTERVAL, TimerKind::sweep, 0);
  }
  return std::nullopt;
}

void Engine::applyPeers(const std::vector<PeerConfig>& peers) {
  std::unordered_map<Sid, const PeerConfig*> wanted;
  for (const PeerConfig& peer : peers) wanted.emplace(peer.sid, &peer);
  for (std::int32_t index = 0; index < context_.peers.end(); ++index) {
    Peer* known = context_.peers.at(index);
    if (known == nullptr) continue;
    const auto entry = wanted.find(known->config.sid);
    // Another key means that it has started again: nothing that was agreed with the old one is good any more.
    if (entry == wanted.end() || entry->second->publicKey != known->config.publicKey) {
      removePeer(index);
    } else {
      known->config = *entry->second;
    }
  }
  for (const PeerConfig& peer : peers) {
    if (context_.peers.find(peer.sid) == nullptr) exchange_.begin(context_.peers.add(peer));
  }
}

void Engine::removePeer(std::int32_t index) {
  headend_.dropPolicies(*context_.peers.at(index));
  // First out of the table: what is closed now must not be told to it.
  context_.peers.remove(index);
  headend_.onPeerRemoved(index);
  for (const std::uint32_t id : sessions_.idsWhere([&](const Session& session) {
         return session.role != SessionRole::ingress && session.ingressPeer == index;
       }))
    endSession(context_, sessions_, *sessions_.find(id));
  for (std::int32_t other = 0; other < context_.peers.end(); ++other) {
    if (Peer* peer = context_.peers.at(other); peer != nullptr && peer->returnRelay == index) peer->returnRelay = -1;
  }
}

void Engine::applyPrefixes(const EngineConfig& config) {
  context_.prefixes.clear();
  context_.overlayAddress.reset();
  for (const IpPrefix& prefix : config.localPrefixes) {
    context_.prefixes.add(prefix, PrefixTable::LOCAL);
    // The overlay address is the one that stands alone.
    if (prefix.address.version == 6 && prefix.length == 128 && !context_.overlayAddress)
      context_.overlayAddress = prefix.address;
  }
  for (const PeerConfig& entry : config.peers) {
    const Peer* peer = context_.peers.find(entry.sid);
    for (const IpPrefix& prefix : entry.prefixes) context_.prefixes.add(prefix, peer->index);
  }
  context_.prefixes.build();
}

std::vector<SessionSnapshot> Engine::sessions(Nanos now) {
  std::vector<SessionSnapshot> list;
  sessions_.forEach([&](Session& session) {
    SessionSnapshot snapshot = session.snapshot(now);
    if (session.role == SessionRole::ingress) headend_.describe(static_cast<IngressSession&>(session), snapshot);
    list.push_back(std::move(snapshot));
  });
  return list;
}

void Engine::shutdown(Nanos now) {
  enter(now);
  for (const std::uint32_t id :
       sessions_.idsWhere([](const Session& session) { return session.role == SessionRole::ingress; })) {
    if (IngressSession* session = headend_.ingress.find(id)) headend_.ingress.closeAtOnce(*session, "this node stops");
  }
  for (const std::uint32_t id :
       sessions_.idsWhere([](const Session& session) { return session.role == SessionRole::egress; })) {
    auto& session = static_cast<EgressSession&>(*sessions_.find(id));
    std::array<std::uint8_t, CLOSE_OCTETS> octets;
    Peer* peer = context_.peers.at(session.ingressPeer);
    egress_.finish(session);
    if (peer != nullptr && encodeClose({3, id}, octets) == octets.size())
      channel_.send(*peer, PacketKind::sessionControl, octets);
    egress_.remove(session);
  }
}

}  // namespace srwan
