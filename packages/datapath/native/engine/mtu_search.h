// Which size a path and direction is to be probed with next: Datagram PLPMTUD (RFC 8899, 5) without sockets, clocks or
// packets.
#pragma once

#include <optional>

#include "engine/basic_types.h"

namespace srwan {

enum class MtuState : std::uint8_t { base, searching, complete, error };

// Of the two directions of a pair: what is said of both.
constexpr MtuState leastAdvanced(MtuState a, MtuState b) {
  if (a == MtuState::error || b == MtuState::error) return MtuState::error;
  return a < b ? a : b;
}

struct MtuSnapshot {
  std::size_t forward = 0;
  std::size_t reverse = 0;
  MtuState state = MtuState::base;
};

class MtuSearch {
 public:
  // Sizes that are tried lie this far apart; headers and nearly all links' MTUs are multiples of it.
  static constexpr std::size_t STEP = 4;
  // Of one size, lost in a row while small ones come through, before it counts as too large (RFC 8899, 5.1.2).
  static constexpr std::uint32_t MAX_PROBES = 3;
  // PMTU_RAISE_TIMER (RFC 8899, 5.1.1).
  static constexpr Nanos RAISE_AFTER = 600 * SECOND;
  // Whether the size in use still goes through: with data within the last two seconds, and without.
  static constexpr Nanos VALIDATE_BUSY = 2 * SECOND;
  static constexpr Nanos VALIDATE_IDLE = 10 * SECOND;
  // Until the base is tried again on a path that does not carry it.
  static constexpr Nanos ERROR_AFTER = 30 * SECOND;
  // After probes that told nothing: small ones were lost as well.
  static constexpr Nanos UNCLEAR_AFTER = SECOND;

  MtuSearch() = default;
  // @param limit largest inner packet that may be tried, at least BASE_MTU
  explicit MtuSearch(std::size_t limit) : limit_(limit) {}

  struct Probe {
    std::size_t size;
    // With it goes one of the limit's size: most paths carry it, and the search is over before it began.
    bool leap;
    // A small one goes with it, to tell a path that is too narrow from one that is down.
    bool small;
  };

  // @param busy data went or came a moment ago · @returns nullopt where nothing is due
  std::optional<Probe> due(Nanos now, bool busy) const;
  // When something is due next.
  Nanos next(bool busy) const;
  // Over the same paths as another one that has just been replaced: what it found is true until it proves wrong.
  void resume(const MtuSearch& other, Nanos now);

  void answered(std::size_t size, Nanos now);
  // @param smallAnswered the small probe that went with this one came back
  void lost(bool smallAnswered, Nanos now);

  MtuState state() const { return state_; }
  bool eligible() const { return state_ != MtuState::error; }
  // Largest inner packet to send; 0 where the path is not to be used.
  std::size_t inForce() const { return eligible() ? confirmed_ : 0; }
  std::size_t limit() const { return limit_; }

 private:
  std::size_t size() const;
  void search(Nanos now);
  void tooLarge(Nanos now);

  MtuState state_ = MtuState::base;
  std::size_t limit_ = BASE_MTU;
  // Largest that came through; not below the base until the path is known not to carry that.
  std::size_t confirmed_ = BASE_MTU;
  // Smallest that is known not to.
  std::size_t refused_ = 0;
  // While searching: what is tried.
  std::size_t trying_ = 0;
  std::uint32_t losses_ = 0;
  bool leapt_ = false;
  Nanos notBefore_ = -(NEVER / 2);
  Nanos validated_ = 0;
  Nanos raiseAt_ = 0;
};

}  // namespace srwan
