// Hashed timing wheel: packets wait here until they are due. Insertion and expiry cost O(1) whatever the number in
// flight.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "packet.h"

namespace wan {

/// Slots are 2^14 ns = 16.4 µs: the finest step in which packets leave; always rounded up, so that nothing arrives
/// early.
constexpr int kSlotShift = 14;
/// 2^17 slots = 2.1 s around; a longer delay stays in its slot for another turn.
constexpr uint64_t kSlots = 1ULL << 17;

class TimingWheel {
 public:
  explicit TimingWheel(uint64_t now)
      : heads_(kSlots), tails_(kSlots), occupied_(kSlots / 64), cursor_(now >> kSlotShift) {}

  /// Packets of one slot leave in the order in which they came: a pair whose due times never decrease keeps its order.
  void insert(Packet* packet) {
    uint64_t tick = tickOf(packet->due);
    if (tick <= cursor_) tick = cursor_ + 1;
    append(tick & (kSlots - 1), packet);
    ++size_;
  }

  /// Calls send(packet) for each packet due at `now`; the callee owns it from then on.
  template <typename Send>
  void advance(uint64_t now, Send&& send) {
    const uint64_t target = now >> kSlotShift;
    while (cursor_ < target) {
      const std::optional<uint64_t> tick = nextOccupied(target);
      if (!tick) {
        cursor_ = target;
        return;
      }
      cursor_ = *tick;
      drain(*tick, send);
    }
  }

  /// When the next slot falls due, in ns; empty where nothing waits. May name a slot whose packets have turns to go.
  std::optional<uint64_t> nextDue() const {
    if (size_ == 0) return std::nullopt;
    const std::optional<uint64_t> tick = nextOccupied(cursor_ + kSlots);
    if (!tick) return std::nullopt;
    return *tick << kSlotShift;
  }

  uint64_t size() const { return size_; }

 private:
  static uint64_t tickOf(uint64_t due) { return (due + (1ULL << kSlotShift) - 1) >> kSlotShift; }

  void append(uint64_t slot, Packet* packet) {
    packet->next = nullptr;
    if (heads_[slot] == nullptr) {
      heads_[slot] = packet;
      occupied_[slot / 64] |= 1ULL << (slot % 64);
    } else {
      tails_[slot]->next = packet;
    }
    tails_[slot] = packet;
  }

  /// First occupied tick after the cursor and not after `last`; at most one turn ahead.
  std::optional<uint64_t> nextOccupied(uint64_t last) const {
    uint64_t tick = cursor_ + 1;
    const uint64_t end = last < cursor_ + kSlots ? last : cursor_ + kSlots;
    while (tick <= end) {
      const uint64_t slot = tick & (kSlots - 1);
      const uint64_t word = occupied_[slot / 64] >> (slot % 64);
      if (word != 0) {
        tick += static_cast<uint64_t>(std::countr_zero(word));
        return tick <= end ? std::optional<uint64_t>(tick) : std::nullopt;
      }
      tick += 64 - slot % 64;
    }
    return std::nullopt;
  }

  template <typename Send>
  void drain(uint64_t tick, Send&& send) {
    const uint64_t slot = tick & (kSlots - 1);
    Packet* packet = heads_[slot];
    heads_[slot] = nullptr;
    occupied_[slot / 64] &= ~(1ULL << (slot % 64));
    while (packet != nullptr) {
      Packet* following = packet->next;
      if (tickOf(packet->due) > tick) {
        append(slot, packet);
      } else {
        --size_;
        send(packet);
      }
      packet = following;
    }
  }

  std::vector<Packet*> heads_;
  std::vector<Packet*> tails_;
  std::vector<uint64_t> occupied_;
  uint64_t cursor_;
  uint64_t size_ = 0;
};

}  // namespace wan
