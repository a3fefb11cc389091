#include "engine/shell/lane_priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace srwan {
namespace {

// Nice value of a lane's thread while it is urgent.
constexpr std::int32_t URGENT = -10;
// Slice that it asks the scheduler for (Linux 6.12 on, 0.1 ms is the least): who asks for little is served soon, and
// needs no privilege for it.
constexpr std::uint64_t SLICE = 100'000;

// Of linux/sched/types.h, which defines again what <sched.h> has.
struct SchedulerAttributes {
  std::uint32_t size = 48;
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = SLICE;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

bool set(std::int32_t nice) {
  SchedulerAttributes attributes;
  attributes.nice = nice;
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

// What the process was started with: raised and lowered is relative to it.
std::int32_t niceOfProcess() { return getpriority(PRIO_PROCESS, static_cast<id_t>(getpid())); }

}  // namespace

LanePriority::LanePriority() : mayRise_(ask(true)) {
  // Where it may not be raised the thread is one among others, with a short slice.
  if (!mayRise_) set(getpriority(PRIO_PROCESS, 0));
}

bool LanePriority::ask(bool urgent) { return set(urgent ? URGENT : niceOfProcess()); }

}  // namespace srwan
