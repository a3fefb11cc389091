// Octets of one direction of a session at one of its ends: by (key epoch, path id), which names a segment list
// unambiguously, and by segment list. Lanes count; the one that is alone gathers.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "engine/segment_path.h"

namespace srwan {

// A path id within one key epoch.
struct PathEpoch {
  std::uint32_t epoch = 0;
  std::uint8_t id = 0;

  auto operator<=>(const PathEpoch&) const = default;
};

struct PathUse {
  PathEpoch name;
  SegmentPath path;
  std::uint64_t octets = 0;
};

// Counts of key epochs that a lane has left, until they are gathered.
class PastUses {
 public:
  // A second's sweep finds at most ten epochs of a peer that keeps to the shortest rekey interval.
  static constexpr std::size_t MAX_USES = 512;

  void add(const PathUse& use) {
    if (use.octets > 0 && uses_.size() < MAX_USES) uses_.push_back(use);
  }
  std::vector<PathUse> take() { return std::exchange(uses_, {}); }
  bool empty() const { return uses_.empty(); }

 private:
  std::vector<PathUse> uses_;
};

class PathTally {
 public:
  // More lists or epochs at once are counted in the session's own sum only.
  static constexpr std::size_t MAX_LISTS = 256;
  static constexpr std::size_t MAX_ENTRIES = 1024;

  struct Entry {
    std::size_t list = 0;
    std::uint64_t octets = 0;
    // Ingress: what the egress has echoed, never more than `octets`.
    std::uint64_t confirmed = 0;
    // Egress: what the echoes have said, and how many more repeat it.
    std::uint64_t told = 0;
    unsigned repeats = 0;

   private:
    friend class PathTally;
    // In epochs that lanes have left, and in those where they still are.
    std::uint64_t past = 0;
    std::uint64_t live = 0;
    Nanos changed = 0;
  };

  struct List {
    SegmentPath path;
    std::uint64_t octets = 0;
    std::uint64_t confirmed = 0;
  };

  enum class Claim : std::uint8_t { grew, known, tooMuch };

  // `begin`, everything that lanes hold, `settle`. `addPast` may also come between gatherings.
  void begin();
  void addLive(const PathUse& use);
  void addPast(const PathUse& use);
  void settle(Nanos now);

  // An egress claims to have accepted so much; more than was sent is not taken. Gather first.
  Claim confirm(const PathEpoch& name, std::uint64_t octets, Nanos now);

  std::map<PathEpoch, Entry>& entries() { return entries_; }
  const std::map<PathEpoch, Entry>& entries() const { return entries_; }
  const std::vector<List>& lists() const { return lists_; }
  // Something was sent that no echo has confirmed.
  bool unconfirmed() const;

 private:
  // An entry is forgotten this long after its last change, when no lane counts it any more.
  static constexpr Nanos KEPT = 10 * SECOND;

  Entry* entryOf(const PathUse& use);
  std::size_t listOf(const SegmentPath& path);
  void forget(Nanos now);

  std::map<PathEpoch, Entry> entries_;
  std::vector<List> lists_;
};

}  // namespace srwan
