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
    if (messages > 0 && mayRise_ && rule_.note(messages, octets, now)) ask(rule_.urgent());
  }

 private:
  // @returns whether the scheduler did as asked
  static bool ask(bool urgent);

  UrgencyRule rule_;
  bool mayRise_;
};

}  // namespace srwan
