#include "engine/liveness_evidence.h"

#include <algorithm>

namespace srwan {
namespace {

struct Tally {
  std::uint32_t sent = 0;
  std::uint32_t silent = 0;
  std::uint32_t answered = 0;

  bool quiet(std::uint32_t enough) const { return answered == 0 && silent >= std::min(sent, enough); }
};

}  // namespace

bool LivenessProbe::hold(Nanos until) {
  if (held > 0) return false;
  state = State::waiting;
  held = until - deadline;
  deadline = until;
  return true;
}

void LivenessEvidence::forgetStandby() {
  for (LivenessProbe& probe : probes_) {
    if (probe.combination != Combination::active) probe = {};
  }
}

void LivenessEvidence::sent(Combination combination, std::uint32_t sequence, Nanos at, Nanos deadline) {
  probes_[next_] = {LivenessProbe::State::waiting, combination, sequence, at, deadline, 0};
  next_ = (next_ + 1) % MAX_PROBES;
}

const LivenessProbe* LivenessEvidence::answered(std::uint32_t sequence) {
  for (LivenessProbe& probe : probes_) {
    if (probe.state == LivenessProbe::State::unused || probe.sequence != sequence) continue;
    probe.state = LivenessProbe::State::answered;
    return &probe;
  }
  return nullptr;
}

Nanos LivenessEvidence::nextDeadline() const {
  Nanos next = NEVER;
  for (const LivenessProbe& probe : probes_) {
    if (probe.state == LivenessProbe::State::waiting) next = std::min(next, probe.deadline);
  }
  return next;
}

void LivenessEvidence::postpone(Nanos until) {
  for (LivenessProbe& probe : probes_) {
    if (probe.state == LivenessProbe::State::waiting) probe.deadline = std::max(probe.deadline, until);
  }
}

LivenessProbe* LivenessEvidence::expire(Nanos now) {
  for (LivenessProbe& probe : probes_) {
    if (probe.state != LivenessProbe::State::waiting || probe.deadline > now) continue;
    probe.state = LivenessProbe::State::silent;
    return &probe;
  }
  return nullptr;
}

bool LivenessEvidence::activeAnsweredAfter(Nanos sentAt) const {
  return std::any_of(probes_.begin(), probes_.end(), [&](const LivenessProbe& probe) {
    return probe.state == LivenessProbe::State::answered && probe.combination == Combination::active &&
           probe.sentAt > sentAt;
  });
}

bool LivenessEvidence::dead(Direction direction, Combination witness, const Doubt& doubt, Nanos carriedUntil) const {
  Nanos answeredFrom = NEVER;
  for (const LivenessProbe& probe : probes_) {
    if (probe.state == LivenessProbe::State::answered && probe.combination == witness && probe.sentAt >= doubt.since)
      answeredFrom = std::min(answeredFrom, probe.sentAt);
  }
  if (answeredFrom == NEVER) return false;
  const Nanos from = std::max(doubt.since, answeredFrom - WITNESS_SPAN);
  std::uint32_t silent = 0;
  std::uint32_t silentBeside = 0;
  for (const LivenessProbe& probe : probes_) {
    const bool took = (static_cast<unsigned>(probe.combination) & static_cast<unsigned>(direction)) == 0;
    if (!took || probe.state != LivenessProbe::State::silent || probe.sentAt < from || probe.sentAt <= carriedUntil)
      continue;
    ++silent;
    silentBeside += probe.sentAt >= answeredFrom ? 1 : 0;
  }
  return silent >= doubt.needed && silentBeside >= std::min(SILENT_BESIDE, doubt.needed);
}

LivenessVerdict LivenessEvidence::judge(const Doubt& doubt, const CarriedUntil& carried) const {
  std::array<Tally, COMBINATIONS> tally{};
  for (const LivenessProbe& probe : probes_) {
    if (probe.state == LivenessProbe::State::unused || probe.sentAt < doubt.since) continue;
    Tally& entry = tally[static_cast<std::size_t>(probe.combination)];
    ++entry.sent;
    entry.answered += probe.state == LivenessProbe::State::answered ? 1 : 0;
    entry.silent += probe.state == LivenessProbe::State::silent ? 1 : 0;
  }
  const auto& [active, otherForward, otherReverse, standby] = tally;
  const bool forwardAnswered = active.answered + otherReverse.answered > 0;
  const bool reverseAnswered = active.answered + otherForward.answered > 0;
  // Each of the two active lists has carried something.
  if ((forwardAnswered || carried.forward >= doubt.since) && (reverseAnswered || carried.reverse >= doubt.since))
    return LivenessVerdict::alive;
  const auto forwardDead = [&](Combination witness) {
    return !forwardAnswered && dead(Direction::forward, witness, doubt, carried.forward);
  };
  const auto reverseDead = [&](Combination witness) {
    return !reverseAnswered && dead(Direction::reverse, witness, doubt, carried.reverse);
  };
  if (forwardDead(Combination::otherForward)) return LivenessVerdict::forward;
  if (reverseDead(Combination::otherReverse)) return LivenessVerdict::reverse;
  // An answer over a mixed pair would tell that only one direction is dead.
  const std::uint32_t third = std::max(1u, doubt.needed / 3);
  const bool mixedQuiet = otherForward.quiet(third) && otherReverse.quiet(third);
  if (mixedQuiet && forwardDead(Combination::standby) && reverseDead(Combination::standby))
    return LivenessVerdict::both;
  return LivenessVerdict::undecided;
}

}  // namespace srwan
