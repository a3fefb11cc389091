// The members by SID. Anybody else's packets are dropped before any work.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/peer.h"

namespace srwan {

class PeerTable {
 public:
  PeerTable();

  Peer* find(Sid sid);
  // @param index of a peer that is there, or −1
  Peer* at(std::int32_t index) { return index < 0 ? nullptr : slots_[static_cast<std::size_t>(index)].get(); }
  std::size_t size() const { return count_; }
  // Slots in use or free; `at` says which.
  std::int32_t end() const { return static_cast<std::int32_t>(slots_.size()); }

  // Adds a member. If it was here before with the same key, its counters go on.
  Peer& add(const PeerConfig& config);
  // Forgets its keys at once and keeps its counters.
  void remove(std::int32_t index);

 private:
  // More members than a network ever shows one node in the life of a process; the oldest is given up for a common
  // floor.
  static constexpr std::size_t MAX_HISTORIES = 4096;
  struct Former {
    PublicKey publicKey;
    PairHistory history;
  };

  void index();

  std::vector<std::unique_ptr<Peer>> slots_;
  std::size_t count_ = 0;
  std::vector<std::int32_t> buckets_;
  std::deque<Former> former_;
  // Every new peer's counter starts here: above all that was ever used with a forgotten one.
  std::uint64_t counterFloor_ = 0;
};

}  // namespace srwan
