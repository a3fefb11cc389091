#include "engine/relay_role.h"

namespace srwan {

std::optional<RelayRole::Arrived> RelayRole::onRelayed(const PairChannel::Received& received) {
  const auto body = decodeRelayBody(received.body);
  if (!body) return context_.drop(Counter::dropMalformed), std::nullopt;
  if (body->stage == RelayStage::toRelay) {
    if (body->origin != received.peer.config.sid) return context_.drop(Counter::dropSourceNotAllowed), std::nullopt;
    forward(received.peer, *body);
    return std::nullopt;
  }
  if (!received.peer.arrivalsIn.take(context_.now)) return context_.drop(Counter::dropRateLimited), std::nullopt;
  if (body->destination != context_.init.sid) return context_.drop(Counter::dropDestinationNotAllowed), std::nullopt;
  Peer* origin = context_.peers.find(body->origin);
  if (origin == nullptr || origin == &received.peer) return context_.drop(Counter::dropUnknownPeer), std::nullopt;
  origin->returnRelay = received.peer.index;
  origin->returnRelayUntil = context_.now + RETURN_TIME;
  return Arrived{*origin, received.body.subspan(RELAY_FIXED_OCTETS)};
}

void RelayRole::forward(Peer& origin, const RelayBody& body) {
  Peer* destination = context_.peers.find(body.destination);
  if (destination == nullptr || destination == &origin) return context_.drop(Counter::dropUnknownPeer);
  if (!origin.relayedIn.take(context_.now) || !total_.take(context_.now))
    return context_.drop(Counter::dropRateLimited);
  channel_.sendRelayed(*destination, RelayStage::fromRelay, body.destination, body.origin, body.inner);
}

}  // namespace srwan
