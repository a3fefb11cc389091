// Rate limit with a burst: who has no token left is refused, nothing waits.
#pragma once

#include <algorithm>

#include "engine/basic_types.h"

namespace srwan {

class TokenBucket {
 public:
  TokenBucket(std::int64_t perSecond, std::int64_t burst)
      : interval_(SECOND / perSecond), burst_(burst * interval_), credit_(burst_) {}

  bool take(Nanos now) {
    if (now > last_) {
      credit_ = now - last_ >= burst_ ? burst_ : std::min(burst_, credit_ + (now - last_));
      last_ = now;
    }
    if (credit_ < interval_) return false;
    credit_ -= interval_;
    return true;
  }

 private:
  Nanos interval_;
  // Credit is kept as time, so that no rounding is lost.
  Nanos burst_;
  Nanos credit_;
  Nanos last_ = 0;
};

}  // namespace srwan
