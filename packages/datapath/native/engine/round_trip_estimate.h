// Smoothed round trip of one pair of paths, and how long its answers may take: RFC 6298, but the guess of the first
// deviation is forgotten at the second sample (with a sample a second it would stay for a quarter of a minute).
#pragma once

#include <algorithm>

#include "engine/basic_types.h"

namespace srwan {

struct RoundTripEstimate {
  static constexpr Nanos LEAST_MARGIN = 30 * MILLISECOND;
  // Where one answer is missing already, and several must be before anything follows.
  static constexpr Nanos LEAST_MARGIN_IN_DOUBT = 10 * MILLISECOND;
  static constexpr Nanos MAX_WAIT = SECOND;

  bool any = false;
  bool guessed = true;
  Nanos smoothed = 0;
  Nanos deviation = 0;
  // Of the last sample: egress clock − own clock included. Differences between pairs of one session are exact.
  Nanos forward = 0;

  // What a pair without a sample starts from: the first sample replaces it.
  static RoundTripEstimate guess(Nanos roundTrip) { return {false, true, roundTrip, roundTrip / 2, 0}; }

  void add(Nanos roundTrip, Nanos oneWay) {
    forward = oneWay;
    if (!any) {
      any = true;
      smoothed = roundTrip;
      deviation = roundTrip / 2;
      return;
    }
    const Nanos error = roundTrip > smoothed ? roundTrip - smoothed : smoothed - roundTrip;
    deviation = guessed ? error : deviation + (error - deviation) / 4;
    guessed = false;
    smoothed += (roundTrip - smoothed) / 8;
  }

  // How long after it was sent a probe counts as missed.
  Nanos wait(Nanos leastMargin = LEAST_MARGIN) const {
    return std::min(MAX_WAIT, smoothed + std::max(leastMargin, 4 * deviation));
  }
};

}  // namespace srwan
