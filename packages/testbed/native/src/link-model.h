// What one directed pair of nodes does to a packet: everything between "sent" and "due at the other end".
#pragma once
#include <cstdint>

#include "random.h"

namespace wan {

/// Longest wait in the bottleneck's queue, and the size that it may have whatever the rate (16 full packets).
constexpr uint64_t kQueueNs = 50'000'000;
constexpr uint64_t kQueueFloorOctets = 16 * 1500;
/// Jitter is a normal process with this correlation time: neighbours in time see nearly the same delay, so order is
/// kept without shifting the mean (independent draws held in order would).
constexpr double kJitterCorrelationNs = 20e6;
constexpr double kJitterCut = 3.0;
/// A reordered packet is held back by 2 to 4 ms: others overtake it, and nothing ever arrives before its delay.
constexpr uint64_t kReorderHoldNs = 2'000'000;

struct LinkParameters {
  uint64_t delayNs = 0;
  uint64_t jitterNs = 0;  ///< standard deviation
  double loss = 0;        ///< ratio, as the next two
  double reorder = 0;
  double duplicate = 0;
  double rate = 0;  ///< bit/s of IP packets; 0 is unlimited
  uint32_t mtu = 1500;
  bool up = true;
};

struct LinkCounters {
  uint64_t offered = 0;
  uint64_t delivered = 0;
  uint64_t deliveredOctets = 0;
  uint64_t lost = 0;
  uint64_t queueDropped = 0;
  uint64_t downDropped = 0;
  uint64_t tooBig = 0;
  uint64_t poolDropped = 0;
  uint64_t duplicated = 0;
  uint64_t reordered = 0;
  uint64_t writeFailed = 0;
};

/// When the copies of a packet are due (ns, CLOCK_MONOTONIC); none where it was dropped.
struct Fate {
  int copies = 0;
  uint64_t due[2] = {0, 0};
};

class Link {
 public:
  Link(uint64_t seed, uint32_t from, uint32_t to) : random_(seed, from, to) {}

  const LinkParameters& parameters() const { return parameters_; }
  /// From the next packet on; a shorter delay may then overtake what is in flight, as a changed route does.
  void set(const LinkParameters& parameters) {
    parameters_ = parameters;
    lastDue_ = 0;
  }

  /// Decides on a packet of `length` octets that entered at `now`; counts what it drops.
  Fate admit(uint64_t now, uint32_t length);

  LinkCounters counters;

 private:
  bool serialise(uint64_t now, uint32_t length, uint64_t& departs);
  uint64_t delayAt(uint64_t now);
  uint64_t arrival(uint64_t now, uint64_t departs);

  LinkParameters parameters_;
  Random random_;
  uint64_t freeAt_ = 0;
  uint64_t lastDue_ = 0;
  uint64_t jitterAt_ = 0;
  double jitter_ = 0;
};

}  // namespace wan
