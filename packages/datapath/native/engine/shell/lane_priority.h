// What a lane's thread asks of the scheduler.
#pragma once

#include "engine/shell/urgency_rule.h"

namespace srwan {

// Of the thread that makes and uses it.
class LanePriority {
 public:
  LanePriority();

  // A batch that was taken, see UrgencyRule.
  void note(std::size_t messages, std::size_t octets, Nanos now) {
    if (messages > 0 && rule_.note(messages, octets, now)) ask(rule_.urgency());
  }

 private:
  // @returns whether the scheduler did as asked
  bool ask(Urgency urgency) const;

  UrgencyRule rule_;
  // Whether the thread may have another nice value than the process.
  bool mayRise_ = true;
};

}  // namespace srwan
