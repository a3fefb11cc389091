#include "engine/session_paths.h"

#include <algorithm>

namespace srwan {

bool IngressSession::hopsReady(Direction direction, std::int32_t slot) {
  if (slot < 0) return false;
  const IngressPath& path = pathsOf(direction)[static_cast<std::size_t>(slot)];
  if (!path.used) return false;
  for (std::size_t i = 0; i < path.sender.path.transits(); ++i) {
    if (!hops[path.hops[i]].answered[static_cast<std::size_t>(direction)]) return false;
  }
  return true;
}

std::int32_t SessionPaths::want(IngressSession& session, Direction direction, const SegmentPath& path,
                                std::uint8_t color) {
  auto& slots = session.pathsOf(direction);
  std::int32_t at = NO_SLOT;
  for (std::size_t i = 0; i < slots.size() && at == NO_SLOT; ++i) {
    if (slots[i].sender.color == color && slots[i].sender.path == path) at = static_cast<std::int32_t>(i);
  }
  if (at == NO_SLOT) at = freeSlot(session, direction);
  if (at == NO_SLOT) {
    session.exhausted = true;
    return NO_SLOT;
  }
  IngressPath& slot = slots[static_cast<std::size_t>(at)];
  if (!slot.used || !(slot.sender.path == path) || slot.sender.color != color) {
    slot.used = false;
    slot.acknowledged = false;
    slot.announced = 0;
    if (direction == Direction::forward) slot.sender.leave(session.sent);
    slot.mtu = {};
    slot.sender.mtu = BASE_MTU;
    slot.sender.id = static_cast<std::uint8_t>(at);
    slot.sender.color = color;
    slot.sender.path = path;
    slot.lastWanted = session.epoch(context_.now);
    if (!bind(session, direction, slot)) return NO_SLOT;
    slot.used = true;
  }
  if (!intact(slot)) return NO_SLOT;
  slot.wanted = true;
  slot.lastWanted = session.epoch(context_.now);
  return at;
}

std::int32_t SessionPaths::freeSlot(IngressSession& session, Direction direction) const {
  const auto& slots = session.pathsOf(direction);
  const std::uint32_t epoch = session.epoch(context_.now);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].sender.path.count == 0) return static_cast<std::int32_t>(i);
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].wanted && slots[i].lastEpoch() < epoch) return static_cast<std::int32_t>(i);
  }
  return NO_SLOT;
}

bool SessionPaths::bind(IngressSession& session, Direction direction, IngressPath& slot) {
  SenderPath& sender = slot.sender;
  const std::size_t transits = sender.path.transits();
  for (std::size_t i = 0; i < transits; ++i) {
    const auto hop = hopOf(session, sender.path.segments[i].sid);
    if (!hop) return false;
    slot.hops[i] = *hop;
    const SessionHop& known = session.hops[*hop];
    sender.roots[i] = (direction == Direction::forward ? known.forward : known.reverse).clone();
  }
  if (direction == Direction::forward) sender.roots[transits] = session.egressRoot.clone();
  sender.forgetKeys();
  return true;
}

std::optional<std::size_t> SessionPaths::hopOf(IngressSession& session, Sid sid) {
  Peer* peer = context_.peers.find(sid);
  PairSecrets* secrets = peer == nullptr ? nullptr : channel_.secretsOf(*peer);
  if (secrets == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < session.hops.size(); ++i) {
    if (session.hops[i].peer == peer->index) return i;
  }
  SessionHop hop;
  hop.peer = peer->index;
  hop.forward = deriveHopRoot(secrets->root, session.id, Direction::forward);
  hop.reverse = deriveHopRoot(secrets->root, session.id, Direction::reverse);
  session.hops.push_back(std::move(hop));
  return session.hops.size() - 1;
}

bool SessionPaths::intact(const IngressPath& path) {
  if (!path.used) return false;
  for (const Segment& segment : path.sender.path.view()) {
    if (segment.sid != context_.init.sid && context_.peers.find(segment.sid) == nullptr) return false;
  }
  return true;
}

void SessionPaths::forgetHop(IngressSession& session, std::int32_t peer) {
  for (std::size_t hop = 0; hop < session.hops.size(); ++hop) {
    if (session.hops[hop].peer != peer) continue;
    session.hops[hop] = SessionHop{};
    for (auto* slots : {&session.forward, &session.reverse}) {
      for (IngressPath& slot : *slots) {
        const auto end = slot.hops.begin() + static_cast<std::ptrdiff_t>(slot.sender.path.transits());
        if (std::find(slot.hops.begin(), end, hop) == end) continue;
        slot.used = slot.wanted = slot.acknowledged = false;
      }
    }
  }
}

void SessionPaths::unwantAll(IngressSession& session) {
  for (auto* slots : {&session.forward, &session.reverse}) {
    for (IngressPath& slot : *slots) slot.wanted = false;
  }
}

void SessionPaths::settleHops(IngressSession& session) {
  for (SessionHop& hop : session.hops) hop.wanted = {};
  for (const Direction direction : {Direction::forward, Direction::reverse}) {
    for (const IngressPath& slot : session.pathsOf(direction)) {
      if (!slot.used || !slot.wanted) continue;
      for (std::size_t i = 0; i < slot.sender.path.transits(); ++i)
        session.hops[slot.hops[i]].wanted[static_cast<std::size_t>(direction)] = true;
    }
  }
}

}  // namespace srwan
