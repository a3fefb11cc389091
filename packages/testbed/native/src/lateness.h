// How late the emulator itself was: the difference between when packets were due and when they left, over a sliding
// window.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace wan {

constexpr uint64_t kLatenessWindowSeconds = 10;

struct LatenessSummary {
  uint64_t packets = 0;
  double p50Us = 0;
  double p99Us = 0;
  double maxUs = 0;
};

/// One histogram a second in a ring; buckets are 1/8 of a power of two of a microsecond wide (12 % exact).
class Lateness {
 public:
  void record(uint64_t now, uint64_t lateNs) {
    Second& second = secondAt(now);
    ++second.count;
    second.max = std::max(second.max, lateNs);
    ++second.buckets[bucketOf(lateNs / 1000)];
  }

  LatenessSummary summary(uint64_t now) const {
    const uint64_t newest = now / 1'000'000'000;
    std::array<uint64_t, kBuckets> sum{};
    LatenessSummary result;
    uint64_t max = 0;
    for (const Second& second : ring_) {
      if (second.stamp + kLatenessWindowSeconds <= newest) continue;
      result.packets += second.count;
      max = std::max(max, second.max);
      for (size_t i = 0; i < kBuckets; ++i) sum[i] += second.buckets[i];
    }
    result.p50Us = quantile(sum, result.packets, 0.50);
    result.p99Us = quantile(sum, result.packets, 0.99);
    result.maxUs = static_cast<double>(max) / 1000;
    return result;
  }

 private:
  static constexpr size_t kBuckets = 256;
  struct Second {
    uint64_t stamp = 0;
    uint64_t count = 0;
    uint64_t max = 0;
    std::array<uint32_t, kBuckets> buckets{};
  };

  static size_t bucketOf(uint64_t us) {
    if (us < 8) return us;
    const int power = std::bit_width(us) - 4;  // leading bit and three below it
    return std::min<size_t>(kBuckets - 1, static_cast<size_t>(power) * 8 + (us >> power));
  }

  static double lowerEdge(size_t bucket) {
    if (bucket < 16) return static_cast<double>(bucket);
    const size_t power = bucket / 8 - 1;
    return static_cast<double>((bucket - power * 8) << power);
  }

  static double quantile(const std::array<uint64_t, kBuckets>& sum, uint64_t count, double q) {
    uint64_t below = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      below += sum[i];
      if (count > 0 && static_cast<double>(below) >= q * static_cast<double>(count)) return lowerEdge(i + 1);
    }
    return 0;
  }

  Second& secondAt(uint64_t now) {
    const uint64_t stamp = now / 1'000'000'000;
    Second& second = ring_[stamp % kLatenessWindowSeconds];
    if (second.stamp != stamp) {
      second = Second{};
      second.stamp = stamp;
    }
    return second;
  }

  std::array<Second, kLatenessWindowSeconds> ring_{};
};

}  // namespace wan
