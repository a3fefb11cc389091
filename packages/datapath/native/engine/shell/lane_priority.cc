#include "engine/shell/lane_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace srwan {
namespace {

// Nice value of a lane's thread unless it is one among others.
constexpr std::int32_t RAISED = -10;
// Slice that it asks the scheduler for (Linux 6.12 on, 0.1 ms is the least): who asks for little is served soon, and
// needs no privilege for it.
constexpr std::uint64_t SHORT_SLICE = 100'000;
// The kernel's own.
constexpr std::uint64_t USUAL_SLICE = 0;

// Of linux/sched/types.h, which defines again what <sched.h> has.
struct SchedulerAttributes {
  std::uint32_t size = 48;
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = SHORT_SLICE;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

// What the process was started with: raised and lowered is relative to it.
std::int32_t niceOfProcess() { return getpriority(PRIO_PROCESS, static_cast<id_t>(getpid())); }

}  // namespace

LanePriority::LanePriority() {
  if (ask(Urgency::immediate)) return;
  // Where it may not be raised the thread is one among others, with a short slice.
  mayRise_ = false;
  ask(Urgency::immediate);
}

bool LanePriority::ask(Urgency urgency) const {
  SchedulerAttributes attributes;
  attributes.nice = mayRise_ && urgency != Urgency::ordinary ? RAISED : niceOfProcess();
  if (urgency == Urgency::batched) {
    // Never interrupts who runs when it is woken, and needs no privilege.
    attributes.policy = SCHED_BATCH;
    attributes.runtime = USUAL_SLICE;
  }
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

}  // namespace srwan
