// Smoothed round trip of one pair of paths, and how long its answers may take (RFC 6298 without its clock granularity).
#pragma once

#include <algorithm>

#include "engine/basic_types.h"

namespace srwan {

struct RoundTripEstimate {
  static constexpr Nanos LEAST_MARGIN = 30 * MILLISECOND;
  static constexpr Nanos MAX_WAIT = SECOND;

  bool any = false;
  Nanos smoothed = 0;
  Nanos deviation = 0;
  // Of the last sample: egress clock − own clock included. Differences between pairs of one session are exact.
  Nanos forward = 0;

  // What a pair without a sample starts from: the first sample replaces it.
  static RoundTripEstimate guess(Nanos roundTrip) { return {false, roundTrip, roundTrip / 2, 0}; }

  void add(Nanos roundTrip, Nanos oneWay) {
    forward = oneWay;
    if (!any) {
      any = true;
      smoothed = roundTrip;
      deviation = roundTrip / 2;
      return;
    }
    const Nanos error = roundTrip > smoothed ? roundTrip - smoothed : smoothed - roundTrip;
    deviation += (error - deviation) / 4;
    smoothed += (roundTrip - smoothed) / 8;
  }

  // How long after it was sent a probe counts as missed.
  Nanos wait() const { return std::min(MAX_WAIT, smoothed + std::max(LEAST_MARGIN, 4 * deviation)); }
};

}  // namespace srwan
