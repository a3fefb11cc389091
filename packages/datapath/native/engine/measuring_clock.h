// The clock of all measurements: CLOCK_MONOTONIC_RAW plus an injected offset and drift (emulated clocks), and its
// 16-bit epoch.
#pragma once

#include <atomic>
#include <mutex>

#include "engine/time_source.h"

namespace srwan {

class MeasuringClock {
 public:
  // @param firstEpoch random, so that two starts are told apart
  MeasuringClock(TimeSource& time, std::uint16_t firstEpoch);

  // Any thread, wait-free in practice: readers retry only while `adjust` runs.
  Nanos now() { return at(time_.raw()); }
  Nanos at(Nanos raw) const;
  std::uint16_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  // Emulated clocks only. @param step added now @param driftPpb new rate error in parts per 10⁹ where `setDrift`
  void adjust(Nanos step, bool setDrift, std::int64_t driftPpb);
  // Begins a new epoch when the machine was suspended or the clock jumped since the last call. To be called about once
  // a second.
  void check();

 private:
  static constexpr Nanos JUMP = 50 * MILLISECOND;

  void checkLocked();

  TimeSource& time_;
  std::mutex mutex_;
  std::atomic<std::uint32_t> version_{0};
  std::atomic<Nanos> baseRaw_;
  std::atomic<Nanos> baseValue_;
  std::atomic<std::int64_t> driftPpb_{0};
  std::atomic<std::uint16_t> epoch_;
  Nanos lastAgainstMonotonic_;
  Nanos lastSuspended_;
};

}  // namespace srwan
