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

LivenessVerdict LivenessEvidence::judge(Nanos since, std::uint32_t needed, const CarriedUntil& carried) const {
  std::array<Tally, COMBINATIONS> tally{};
  // Silent probes that took an active list after data is known to have passed there.
  std::uint32_t forwardSilent = 0;
  std::uint32_t reverseSilent = 0;
  for (const LivenessProbe& probe : probes_) {
    if (probe.state == LivenessProbe::State::unused || probe.sentAt < since) continue;
    Tally& entry = tally[static_cast<std::size_t>(probe.combination)];
    ++entry.sent;
    entry.answered += probe.state == LivenessProbe::State::answered ? 1 : 0;
    if (probe.state != LivenessProbe::State::silent) continue;
    ++entry.silent;
    const bool activeForward = (static_cast<unsigned>(probe.combination) & 1) == 0;
    const bool activeReverse = (static_cast<unsigned>(probe.combination) & 2) == 0;
    forwardSilent += activeForward && probe.sentAt > carried.forward ? 1 : 0;
    reverseSilent += activeReverse && probe.sentAt > carried.reverse ? 1 : 0;
  }
  const auto& [active, otherForward, otherReverse, standby] = tally;
  const bool forwardAnswered = active.answered + otherReverse.answered > 0;
  const bool reverseAnswered = active.answered + otherForward.answered > 0;
  // Each of the two active lists has carried something.
  if ((forwardAnswered || carried.forward >= since) && (reverseAnswered || carried.reverse >= since))
    return LivenessVerdict::alive;
  const bool forwardDead = !forwardAnswered && forwardSilent >= needed;
  const bool reverseDead = !reverseAnswered && reverseSilent >= needed;
  if (forwardDead && otherForward.answered > 0) return LivenessVerdict::forward;
  if (reverseDead && otherReverse.answered > 0) return LivenessVerdict::reverse;
  // An answer over a mixed pair would tell that only one direction is dead.
  const std::uint32_t third = std::max(1u, needed / 3);
  const bool mixedQuiet = otherForward.quiet(third) && otherReverse.quiet(third);
  if (forwardDead && reverseDead && mixedQuiet && standby.answered > 0) return LivenessVerdict::both;
  return LivenessVerdict::undecided;
}

}  // namespace srwan
