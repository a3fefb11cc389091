// Who may use the engine when: lanes beside each other, or one of them alone.
#pragma once

#include <array>
#include <atomic>
#include <mutex>

#include "engine/lane.h"

namespace srwan {

// A readers–writer lock in which each reader has a line of its own (the "big reader lock" of Linux 2.4): a lane that
// passes beside others touches no memory that they write. To be alone costs one lock a lane, which rare work can pay.
class EngineGate {
 public:
  explicit EngineGate(std::size_t lanes) : lanes_(lanes) {}

  // Beside others. @param lane the caller's
  void enter(unsigned lane) {
    // Whoever waits to be alone goes first: a busy lane would otherwise take its own lock again and again.
    if (waiting_.load(std::memory_order_relaxed) > 0) {
      turn_.lock();
      turn_.unlock();
    }
    locks_[lane].mutex.lock();
  }
  void leave(unsigned lane) { locks_[lane].mutex.unlock(); }

  // Alone. The caller must not have entered.
  void close() {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    turn_.lock();
    for (std::size_t i = 0; i < lanes_; ++i) locks_[i].mutex.lock();
  }
  void open() {
    for (std::size_t i = 0; i < lanes_; ++i) locks_[i].mutex.unlock();
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    turn_.unlock();
  }

 private:
  struct alignas(64) Lock {
    std::mutex mutex;
  };

  const std::size_t lanes_;
  alignas(64) std::atomic<unsigned> waiting_{0};
  std::mutex turn_;
  std::array<Lock, MAX_LANES> locks_;
};

// A lane's way through the gate: beside the others until it has to be alone for a moment. An only lane is always alone.
class Passage {
 public:
  Passage(EngineGate& gate, unsigned lane, std::size_t lanes) : gate_(gate), lane_(lane), several_(lanes > 1) {
    if (several_) gate_.enter(lane_);
  }
  ~Passage() {
    if (several_) gate_.leave(lane_);
  }
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  template <class Work>
  void alone(Work work) {
    if (!several_) return work();
    gate_.leave(lane_);
    gate_.close();
    work();
    gate_.open();
    gate_.enter(lane_);
  }

 private:
  EngineGate& gate_;
  const unsigned lane_;
  const bool several_;
};

}  // namespace srwan
