#include "engine/data_feedback.h"

namespace srwan {

void DataFeedback::mark(const Name& name, Nanos at, std::uint64_t octets) {
  if (name_ != name) {
    // Counts under another name begin at nothing; what was proved stays.
    marks_ = {};
    losses_ = {};
    name_ = name;
  }
  marks_[nextMark_] = {at, octets};
  nextMark_ = (nextMark_ + 1) % MAX_MARKS;
}

Nanos DataFeedback::accepted(const Name& name, std::uint64_t octets, Nanos at, Nanos settled) {
  Nanos proved = -NEVER;
  if (name_ != name) return proved;
  const Mark* base = nullptr;
  for (const Mark& mark : marks_) {
    if (mark.at == -NEVER) continue;
    bool more = octets > mark.octets;
    for (const Loss& loss : losses_) {
      const bool holds = loss.octets > 0 && at - loss.at <= LOSS_KEPT && mark.at >= loss.sent;
      more = more || (holds && octets + loss.octets > mark.octets);
    }
    if (more) proved = std::max(proved, mark.at);
    if (mark.at <= settled && (base == nullptr || mark.at > base->at)) base = &mark;
  }
  if (base != nullptr && base->octets > octets) {
    losses_[nextLoss_] = {at, base->at, base->octets - octets};
    nextLoss_ = (nextLoss_ + 1) % MAX_LOSSES;
  }
  carried_.forward = std::max(carried_.forward, proved);
  return proved;
}

Nanos DataFeedback::due(Nanos sent) const {
  const Mark* probe = nullptr;
  std::uint64_t most = 0;
  for (const Mark& mark : marks_) {
    if (mark.at == -NEVER) continue;
    if (mark.at == sent) probe = &mark;
    most = std::max(most, mark.octets);
  }
  return probe != nullptr && most > probe->octets + LEAST_DATA ? heard_ + ECHO_INTERVAL + LATE : -NEVER;
}

}  // namespace srwan
