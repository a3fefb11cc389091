// Deadlines of everything in the engine, earliest first. Entries are hints: the handler looks whether its object is
// really due.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/basic_types.h"

namespace srwan {

enum class TimerKind : std::uint8_t { probe, handshake, control, liveness, pathProbe, sweep, awaitPath, echo, pathMtu };

struct Timer {
  Nanos at;
  TimerKind kind;
  // What the timer is about: peer index, session id, policy index, path-probe id.
  std::uint32_t key;
};

class TimerQueue {
 public:
  TimerQueue() { heap_.reserve(4096); }

  void schedule(Nanos at, TimerKind kind, std::uint32_t key) {
    heap_.push_back(Timer{at, kind, key});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  Nanos next() const { return heap_.empty() ? NEVER : heap_.front().at; }

  // Takes the earliest timer that is due.
  bool pop(Nanos now, Timer& timer) {
    if (heap_.empty() || heap_.front().at > now) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    timer = heap_.back();
    heap_.pop_back();
    return true;
  }

  std::size_t size() const { return heap_.size(); }

 private:
  static bool later(const Timer& a, const Timer& b) { return a.at > b.at; }
  std::vector<Timer> heap_;
};

}  // namespace srwan
