#include "link-model.h"

#include <algorithm>
#include <cmath>

namespace wan {

Fate Link::admit(uint64_t now, uint32_t length) {
  Fate fate;
  ++counters.offered;
  if (!parameters_.up) {
    ++counters.downDropped;
    return fate;
  }
  // the bottleneck comes first: what is lost later has used its share of the rate
  uint64_t departs = now;
  if (!serialise(now, length, departs)) {
    ++counters.queueDropped;
    return fate;
  }
  if (parameters_.loss > 0 && random_.uniform() < parameters_.loss) {
    ++counters.lost;
    return fate;
  }
  fate.due[fate.copies++] = arrival(now, departs);
  if (parameters_.duplicate > 0 && random_.uniform() < parameters_.duplicate) {
    ++counters.duplicated;
    fate.due[fate.copies++] = fate.due[0];
  }
  return fate;
}

bool Link::serialise(uint64_t now, uint32_t length, uint64_t& departs) {
  if (parameters_.rate <= 0) return true;
  const double perOctet = 8e9 / parameters_.rate;
  const uint64_t starts = std::max(freeAt_, now);
  const uint64_t limit = std::max(kQueueNs, static_cast<uint64_t>(perOctet * kQueueFloorOctets));
  if (starts - now > limit) return false;
  departs = freeAt_ = starts + static_cast<uint64_t>(perOctet * length);
  return true;
}

uint64_t Link::delayAt(uint64_t now) {
  if (parameters_.jitterNs == 0) return parameters_.delayNs;
  const double kept = jitterAt_ == 0 ? 0 : std::exp(-static_cast<double>(now - jitterAt_) / kJitterCorrelationNs);
  jitter_ = kept * jitter_ + std::sqrt(1 - kept * kept) * random_.normal();
  jitterAt_ = now;
  const double shift = std::clamp(jitter_, -kJitterCut, kJitterCut) * static_cast<double>(parameters_.jitterNs);
  return static_cast<uint64_t>(std::max(0.0, static_cast<double>(parameters_.delayNs) + shift));
}

uint64_t Link::arrival(uint64_t now, uint64_t departs) {
  uint64_t due = departs + delayAt(now);
  if (parameters_.reorder > 0 && random_.uniform() < parameters_.reorder) {
    ++counters.reordered;
    return due + kReorderHoldNs + static_cast<uint64_t>(random_.uniform() * kReorderHoldNs);
  }
  lastDue_ = std::max(due, lastDue_);
  return lastDue_;
}

}  // namespace wan
