#include "engine/measuring_clock.h"

#include <cstdlib>

namespace srwan {

MeasuringClock::MeasuringClock(TimeSource& time, std::uint16_t firstEpoch)
    : time_(time), baseRaw_(time.raw()), baseValue_(baseRaw_.load()), epoch_(firstEpoch) {
  lastAgainstMonotonic_ = baseValue_ - time_.monotonic();
  lastSuspended_ = time_.boottime() - time_.monotonic();
}

Nanos MeasuringClock::at(Nanos raw) const {
  for (;;) {
    const std::uint32_t before = version_.load(std::memory_order_acquire);
    const Nanos elapsed = raw - baseRaw_.load(std::memory_order_acquire);
    const Nanos base = baseValue_.load(std::memory_order_acquire);
    const std::int64_t drift = driftPpb_.load(std::memory_order_acquire);
    if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before) {
      return base + elapsed + static_cast<Nanos>(static_cast<__int128>(elapsed) * drift / 1'000'000'000);
    }
  }
}

void MeasuringClock::adjust(Nanos step, bool setDrift, std::int64_t driftPpb) {
  const std::lock_guard lock(mutex_);
  checkLocked();
  const Nanos raw = time_.raw();
  const Nanos value = at(raw) + step;
  version_.fetch_add(1, std::memory_order_acq_rel);
  baseRaw_.store(raw, std::memory_order_release);
  baseValue_.store(value, std::memory_order_release);
  if (setDrift) driftPpb_.store(driftPpb, std::memory_order_release);
  version_.fetch_add(1, std::memory_order_release);
  checkLocked();
}

void MeasuringClock::check() {
  const std::lock_guard lock(mutex_);
  checkLocked();
}

void MeasuringClock::checkLocked() {
  const Nanos monotonic = time_.monotonic();
  const Nanos againstMonotonic = now() - monotonic;
  const Nanos suspended = time_.boottime() - monotonic;
  if (std::abs(againstMonotonic - lastAgainstMonotonic_) > JUMP || suspended - lastSuspended_ > JUMP) {
    epoch_.store(static_cast<std::uint16_t>(epoch_.load(std::memory_order_relaxed) + 1), std::memory_order_release);
  }
  lastAgainstMonotonic_ = againstMonotonic;
  lastSuspended_ = suspended;
}

}  // namespace srwan
