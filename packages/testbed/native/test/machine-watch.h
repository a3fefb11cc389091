// What the machine itself takes to wake who sleeps and to hand packets from thread to thread, beside a measurement.
#pragma once

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

inline constexpr int kPriority = 5;  // below the emulator's: the generator must not be what disturbs it
inline constexpr int kMachinePriority = 50;
inline constexpr uint64_t kMachineSampleNs = 1'000'000;
inline constexpr int kRelayPriority = 10;  // the emulator's
inline constexpr uint64_t kRelaySampleNs = 2'000'000;

inline uint64_t now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000ULL + static_cast<uint64_t>(t.tv_nsec);
}

[[noreturn]] inline void fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

inline void prefer(int priority) {
  prctl(PR_SET_TIMERSLACK, 1);
  sched_param parameter{};
  parameter.sched_priority = priority;
  sched_setscheduler(0, SCHED_FIFO, &parameter);
}

inline void sleepUntil(uint64_t at) {
  const timespec until{static_cast<time_t>(at / 1'000'000'000), static_cast<long>(at % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

/// Lateness of every wake-up of one processor, in nanoseconds.
inline void watchMachine(unsigned processor, std::vector<uint64_t>& late, const std::atomic<bool>& done) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
  prefer(kMachinePriority);
  uint64_t at = now();
  while (!done.load()) {
    at += kMachineSampleNs;
    sleepUntil(at);
    late.push_back(now() - at);
  }
}

/// Times from one thread over a second to a third, each woken by a packet.
class Relay {
 public:
  Relay() {
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, first_) != 0 ||
        socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, second_) != 0)
      fail("socketpair");
    threads_.emplace_back([this] { handOn(); });
    threads_.emplace_back([this] { receive(); });
  }

  void sendUntil(const std::atomic<bool>& done) {
    prefer(kPriority);
    for (uint64_t at = now(); !done.load(); at += kRelaySampleNs) {
      sleepUntil(at);
      const uint64_t sent = now();
      send(first_[0], &sent, sizeof sent, 0);
    }
    // An end for each of the two.
    const uint64_t end = 0;
    send(first_[0], &end, sizeof end, 0);
    for (std::thread& thread : threads_) thread.join();
  }

  std::vector<uint64_t>& taken() { return taken_; }

 private:
  void handOn() {
    prefer(kRelayPriority);
    for (uint64_t sent = 1; sent != 0 && recv(first_[1], &sent, sizeof sent, 0) > 0;)
      send(second_[0], &sent, sizeof sent, 0);
  }

  void receive() {
    prefer(kPriority);
    for (uint64_t sent = 0; recv(second_[1], &sent, sizeof sent, 0) > 0 && sent != 0;) taken_.push_back(now() - sent);
  }

  int first_[2] = {-1, -1};
  int second_[2] = {-1, -1};
  std::vector<uint64_t> taken_;
  std::vector<std::thread> threads_;
};
