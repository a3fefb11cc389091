// Which key epoch one direction of a session is in, seen by a receiver.
#pragma once

#include <algorithm>

#include "engine/basic_types.h"
#include "wire/key_epoch.h"

namespace srwan {

// Age of a session in key epochs.
inline std::uint32_t keyEpochByTime(Nanos now, Nanos opened, Nanos rekeyInterval) {
  return now <= opened ? 0
                       : static_cast<std::uint32_t>(std::min<Nanos>((now - opened) / rekeyInterval, UINT32_MAX - 2));
}

// The same for one thread that asks for each packet: divides when an epoch ends only.
class KeyEpochTimer {
 public:
  KeyEpochTimer(Nanos opened, Nanos rekeyInterval) : opened_(opened), interval_(rekeyInterval) {}

  std::uint32_t epoch(Nanos now) const {
    // Before the first answer, and wherever `now` is not in the epoch that was answered last.
    if (now < begin_ || now >= end_) {
      epoch_ = keyEpochByTime(now, opened_, interval_);
      begin_ = opened_ + static_cast<Nanos>(epoch_) * interval_;
      end_ = begin_ + interval_;
    }
    return epoch_;
  }

  // When that epoch began.
  Nanos begin(Nanos now) const {
    epoch(now);
    return begin_;
  }

  Nanos opened() const { return opened_; }

  void setOpened(Nanos opened) {
    opened_ = opened;
    end_ = 0;  // what was answered no longer holds
  }

 private:
  Nanos opened_;
  Nanos interval_;
  mutable std::uint32_t epoch_ = 0;
  mutable Nanos begin_ = 0;
  mutable Nanos end_ = 0;
};

class KeyEpochClock {
 public:
  KeyEpochClock(Nanos opened, Nanos rekeyInterval) : timer_(opened, rekeyInterval) {}

  std::uint32_t current(Nanos now) const { return std::max(greatest_, timer_.epoch(now)); }

  // Less than the grace since `current` became what it is.
  bool previousStillTaken(Nanos now) const {
    const std::uint32_t byTime = timer_.epoch(now);
    const Nanos byTimeSince = timer_.begin(now);
    Nanos since = byTimeSince;
    if (greatest_ > byTime) since = greatestSince_;
    // It authenticated before its time came: the step was then.
    else if (greatest_ == byTime && greatestSince_ < byTimeSince)
      since = greatestSince_;
    return now - since < static_cast<Nanos>(PREVIOUS_EPOCH_GRACE_MS) * MILLISECOND;
  }

  // The ingress said again how old the session is.
  void setOpened(Nanos opened) { timer_.setOpened(opened); }

  std::optional<std::uint32_t> accept(std::uint8_t bits, Nanos now) const {
    return acceptKeyEpoch(bits, current(now), previousStillTaken(now));
  }

  void authenticated(std::uint32_t epoch, Nanos now) {
    if (epoch <= greatest_) return;
    greatest_ = epoch;
    greatestSince_ = now;
  }

  // Oldest epoch that may still be taken: nothing older is kept.
  std::uint32_t oldest(Nanos now) const {
    const std::uint32_t epoch = current(now);
    return epoch > 0 && previousStillTaken(now) ? epoch - 1 : epoch;
  }

 private:
  KeyEpochTimer timer_;
  std::uint32_t greatest_ = 0;
  Nanos greatestSince_ = 0;
};

}  // namespace srwan
