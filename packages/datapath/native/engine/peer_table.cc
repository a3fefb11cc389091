#include "engine/peer_table.h"

#include <algorithm>

namespace srwan {
namespace {

// SIDs are digests: their low bits are as good as any hash, but a hostile member may grind them; 4096 buckets for 1024
// peers keep runs short.
constexpr std::size_t BUCKETS = 4096;
static_assert(BUCKETS >= 2 * MAX_PEERS);

std::size_t bucketOf(Sid sid) { return static_cast<std::size_t>((sid * 0x9e3779b97f4a7c15ULL) >> 52); }

}  // namespace

PeerTable::PeerTable() : buckets_(BUCKETS, -1) {}

Peer* PeerTable::find(Sid sid) {
  for (std::size_t at = bucketOf(sid); buckets_[at] >= 0; at = (at + 1) % BUCKETS) {
    Peer* peer = slots_[static_cast<std::size_t>(buckets_[at])].get();
    if (peer->config.sid == sid) return peer;
  }
  return nullptr;
}

Peer& PeerTable::add(const PeerConfig& config) {
  auto slot = std::find(slots_.begin(), slots_.end(), nullptr);
  if (slot == slots_.end()) slot = slots_.insert(slots_.end(), nullptr);
  *slot = std::make_unique<Peer>();
  Peer& peer = **slot;
  peer.index = static_cast<std::int32_t>(slot - slots_.begin());
  peer.config = config;
  peer.keyId = keyId(config.publicKey);
  peer.mac1Key = mac1Key(config.publicKey);
  peer.history.sent = counterFloor_;
  const auto former = std::find_if(former_.begin(), former_.end(),
                                   [&](const Former& entry) { return entry.publicKey == config.publicKey; });
  if (former != former_.end()) {
    peer.history = former->history;
    former_.erase(former);
  }
  ++count_;
  index();
  return peer;
}

void PeerTable::remove(std::int32_t index) {
  const auto at = static_cast<std::size_t>(index);
  Peer& peer = *slots_[at];
  if (peer.history.sent > 0 || !peer.history.received.empty() || peer.history.handshakeAny)
    former_.push_back({peer.config.publicKey, peer.history});
  if (former_.size() > MAX_HISTORIES) {
    counterFloor_ = std::max(counterFloor_, former_.front().history.sent);
    former_.pop_front();
  }
  slots_[at].reset();
  --count_;
  this->index();
}

void PeerTable::index() {
  std::fill(buckets_.begin(), buckets_.end(), -1);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i]) continue;
    std::size_t at = bucketOf(slots_[i]->config.sid);
    while (buckets_[at] >= 0) at = (at + 1) % BUCKETS;
    buckets_[at] = static_cast<std::int32_t>(i);
  }
}

}  // namespace srwan
