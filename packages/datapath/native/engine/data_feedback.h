// What the egress's echoes prove about the lists that one policy has in use: how late a packet was sent that arrived.
// An echo carries counts, no times. What had been sent at a few moments is noted here; an echo that claims more than
// could have arrived of what was sent before such a moment proves that something sent after it did.
// Arithmetic: protocol/liveness.md.
#pragma once

#include <array>
#include <optional>

#include "engine/echo_schedule.h"
#include "engine/liveness_evidence.h"
#include "engine/path_tally.h"

namespace srwan {

class DataFeedback {
 public:
  // What is counted: a forward list of a session, by its name in one key epoch.
  struct Name {
    std::uint32_t session = 0;
    PathEpoch path;

    bool operator==(const Name&) const = default;
  };

  // Two for each probe: more than two seconds.
  static constexpr std::size_t MAX_MARKS = 64;
  static constexpr std::size_t MAX_LOSSES = 4;

  void clear() { *this = {}; }
  // So much has been sent until now over the active forward list, under this name.
  void mark(const Name& name, Nanos at, std::uint64_t octets);
  // An echo: so much of it has been accepted.
  // @param at when it came · @param settled what was sent until then had arrived when the echo left, or was lost
  // @returns when the latest packet can have been sent at the earliest, of which this echo proves that it arrived
  Nanos accepted(const Name& name, std::uint64_t octets, Nanos at, Nanos settled);
  // An echo came over the active reverse list, sent when all had arrived that was sent here until `sent`.
  void cameBack(Nanos sent) { carried_.reverse = std::max(carried_.reverse, sent); }
  // One that told of data over the active forward list came over the active reverse list.
  void heard(Nanos at) { heard_ = std::max(heard_, at); }

  const CarriedUntil& carried() const { return carried_; }
  // Echoes come.
  bool flows(Nanos now) const { return now - heard_ <= FLOWS; }
  // When the next echo ought to have come, where it may prove that something arrived that was sent after `sent`.
  Nanos due(Nanos sent) const;

 private:
  static constexpr Nanos FLOWS = SECOND;
  // By how much an echo may be later than the one before it suggests.
  static constexpr Nanos LATE = 5 * MILLISECOND;
  // Fewer after a probe than it has itself, with the longest header: no data, which an echo could tell of.
  static constexpr std::uint64_t LEAST_DATA = 256;
  // A bound of what was lost is used for so long: one that a very late packet made too large does little harm.
  static constexpr Nanos LOSS_KEPT = 500 * MILLISECOND;

  struct Mark {
    Nanos at = -NEVER;
    std::uint64_t octets = 0;
  };
  // At least so many octets of those sent until `sent` never arrived; told by the echo that came at `at`.
  struct Loss {
    Nanos at = -(NEVER / 2);
    Nanos sent = 0;
    std::uint64_t octets = 0;
  };

  std::optional<Name> name_;
  std::array<Mark, MAX_MARKS> marks_{};
  std::size_t nextMark_ = 0;
  std::array<Loss, MAX_LOSSES> losses_{};
  std::size_t nextLoss_ = 0;
  CarriedUntil carried_;
  // Long before the clock began where none has come.
  Nanos heard_ = -(NEVER / 2);
};

}  // namespace srwan
