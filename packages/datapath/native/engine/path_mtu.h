// What is known of the largest inner packet of one path and direction, and the probes that are out for it.
#pragma once

#include "engine/mtu_search.h"

namespace srwan {

struct PathMtu {
  MtuSearch search;
  // Its limit is set.
  bool begun = false;

  // The last probe, until it is answered or counts as lost.
  bool outstanding = false;
  std::size_t size = 0;
  std::uint32_t sequence = 0;
  Nanos sentAt = 0;
  Nanos deadline = NEVER;
  // The small one beside it.
  std::uint32_t smallSequence = 0;
  bool smallAnswered = false;
  // Smoothed; 0 = unknown.
  Nanos roundTrip = 0;
  // Slot of the other direction that carried the probes.
  std::int32_t partner = -1;
};

}  // namespace srwan
