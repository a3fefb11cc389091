// Rare events on their way to JavaScript: bounded and rate-limited, handed over in batches.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "engine/counters.h"
#include "engine/events.h"
#include "engine/token_bucket.h"

namespace srwan {

class EventQueue {
 public:
  static constexpr std::size_t MAX_EVENTS = 4096;
  static constexpr std::int64_t RATE = 2000;
  static constexpr std::int64_t BURST = 4096;

  // @param wake called by the datapath's thread when there is something to take; must not block
  EventQueue(Counters& counters, std::function<void()> wake) : counters_(counters), wake_(std::move(wake)) {}

  void push(Event&& event, Nanos now) {
    // A caller waits for this one, and there are never more than it asked for.
    const bool awaited = std::holds_alternative<PathProbesDoneEvent>(event);
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      if (!awaited && (events_.size() >= MAX_EVENTS || !bucket_.take(now)))
        return counters_.addShared(Counter::dropEventQueueFull);
      first = events_.empty();
      events_.push_back(std::move(event));
    }
    if (first) wake_();
  }

  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    std::vector<Event> taken;
    taken.swap(events_);
    return taken;
  }

 private:
  Counters& counters_;
  std::function<void()> wake_;
  std::mutex mutex_;
  TokenBucket bucket_{RATE, BURST};
  std::vector<Event> events_;
};

}  // namespace srwan
