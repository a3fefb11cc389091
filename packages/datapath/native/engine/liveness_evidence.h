// What the probes of one policy say about its active and standby lists: who answered, who is silent, and which
// direction of the active pair is therefore dead.
#pragma once

#include <algorithm>
#include <array>

#include "engine/basic_types.h"

namespace srwan {

// Which lists a probe takes: bit 0 the standby's forward list, bit 1 the standby's reverse list.
enum class Combination : std::uint8_t { active = 0, otherForward = 1, otherReverse = 2, standby = 3 };

inline constexpr std::size_t COMBINATIONS = 4;

enum class LivenessVerdict : std::uint8_t { undecided, alive, forward, reverse, both };

struct LivenessProbe {
  enum class State : std::uint8_t { unused, waiting, silent, answered };

  State state = State::unused;
  Combination combination = Combination::active;
  std::uint32_t sequence = 0;
  Nanos sentAt = 0;
  Nanos deadline = 0;
  // By how much the deadline was put off for an echo.
  Nanos held = 0;

  // Taken as silent, it waits once more. @returns false where it has done so before
  bool hold(Nanos until);
};

// Until when the active lists are known to have carried: a packet that was sent after it, of whatever kind, arrived.
struct CarriedUntil {
  Nanos forward = -NEVER;
  // By this node's clock: what the egress sent after it had everything that was sent here until then.
  Nanos reverse = -NEVER;

  Nanos both() const { return std::min(forward, reverse); }
};

struct Doubt {
  // When the probe was sent whose silence is looked into: earlier ones say nothing.
  Nanos since = 0;
  // Silent probes after which a list that nobody answered over counts as dead.
  std::uint32_t needed = 0;
};

class LivenessEvidence {
 public:
  // Two seconds of a burst each second, regular probes included; an older one is overwritten.
  static constexpr std::size_t MAX_PROBES = 128;

  void clear() { probes_.fill({}); }
  // The standby is another pair from now on: nothing that took one of its lists counts.
  void forgetStandby();
  void sent(Combination combination, std::uint32_t sequence, Nanos at, Nanos deadline);
  // @returns the probe, answered now; null for one that is not remembered
  const LivenessProbe* answered(std::uint32_t sequence);
  // The earliest deadline of those that wait; NEVER = none waits.
  Nanos nextDeadline() const;
  // This node did not look for a while: answers may lie unread, nobody is silent before `until`.
  void postpone(Nanos until);
  // Takes the next probe whose deadline has passed; it counts as silent. @returns null where there is none
  LivenessProbe* expire(Nanos now);
  // An active probe sent after this time was answered.
  bool activeAnsweredAfter(Nanos sentAt) const;

  // @param carried what data proves of the active lists: silence before it says nothing against them
  LivenessVerdict judge(const Doubt& doubt, const CarriedUntil& carried) const;

 private:
  // Which list of a pair; the bit that says in a Combination that it is the standby's.
  enum class Direction : unsigned { forward = 1, reverse = 2 };

  // Silence says something only about the time at which the witness, the pair that takes the standby's list instead,
  // does answer: so long before its first answer (a burst), and so many times from then on. What was silent while
  // nothing answered says nothing about one list.
  static constexpr Nanos WITNESS_SPAN = 100 * MILLISECOND;
  static constexpr std::uint32_t SILENT_BESIDE = 2;

  bool dead(Direction direction, Combination witness, const Doubt& doubt, Nanos carriedUntil) const;

  std::array<LivenessProbe, MAX_PROBES> probes_{};
  std::size_t next_ = 0;
};

}  // namespace srwan
