// A segment list in the form that packets need.
#pragma once

#include <vector>

#include "engine/basic_types.h"

namespace srwan {

using SidList = std::vector<Sid>;

struct SegmentPath {
  std::uint8_t count = 0;
  std::array<Segment, MAX_SEGMENTS> segments{};

  bool operator==(const SegmentPath&) const = default;

  std::span<const Segment> view() const { return {segments.data(), count}; }
  Sid first() const { return segments[0].sid; }
  std::size_t transits() const { return count == 0 ? 0 : count - 1u; }

  // @param sids 1 … MAX_SEGMENTS, the last is the end
  static SegmentPath from(const SidList& sids) {
    SegmentPath path;
    path.count = static_cast<std::uint8_t>(sids.size());
    for (std::size_t i = 0; i < sids.size(); ++i)
      path.segments[i] = {sids[i], i + 1 == sids.size() ? Behaviour::endDt46 : Behaviour::end};
    return path;
  }

  // The list that a packet carries.
  static SegmentPath of(const SegmentPacketView& packet) {
    SegmentPath path;
    path.count = static_cast<std::uint8_t>(packet.segmentCount());
    for (std::size_t i = 0; i < path.count; ++i) path.segments[i] = packet.segment(i);
    return path;
  }

  SidList sids() const {
    SidList list;
    for (const Segment& segment : view()) list.push_back(segment.sid);
    return list;
  }
};

}  // namespace srwan
