// The WAN emulator. `emulator run CONTROL-SOCKET` reads the network as JSON lines on standard input up to
// {"op":"start"}, answers one line on standard output, and forwards until standard input closes; `emulator enter PID --
// COMMAND` runs a program inside a node.
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "commands.h"
#include "control-socket.h"
#include "enter-namespace.h"
#include "failure.h"
#include "ipv4.h"
#include "namespace-holder.h"

namespace wan {
namespace {

constexpr int kRealtimePriority = 10;

struct Network {
  std::unique_ptr<Forwarder> forwarder;
  std::vector<NamespaceHolder> holders;
};

/// What came on standard input before {"op":"start"}.
struct Plan {
  uint64_t seed = 0;
  uint32_t router = 0;
  uint32_t marker = 0;
  uint32_t prefixLength = 0;
  std::vector<HolderRequest> nodes;
  std::vector<JsonLine> links;
};

uint32_t addressField(const JsonLine& line, const char* key) {
  const auto address = parseAddress(line.text(key).value_or(""));
  if (!address) throw Failure("ERR_INVALID_INPUT", std::string(key) + " is not an IPv4 address");
  return *address;
}

Plan readPlan() {
  Plan plan;
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = JsonLine::parse(text);
    if (!line) throw Failure("ERR_INVALID_INPUT", "not a flat JSON object: " + text.substr(0, 80));
    const std::string op = line->text("op").value_or("");
    if (op == "start") return plan;
    if (op == "network") {
      plan.seed = static_cast<uint64_t>(line->number("seed").value_or(0));
      plan.router = addressField(*line, "router");
      plan.marker = addressField(*line, "marker");
      plan.prefixLength = static_cast<uint32_t>(line->number("prefixLength").value_or(15));
    } else if (op == "node") {
      plan.nodes.push_back(
          {line->text("name").value_or(""), addressField(*line, "address"), plan.prefixLength, plan.marker});
    } else if (op == "link") {
      plan.links.push_back(*line);
    } else {
      throw Failure("ERR_INVALID_INPUT", "unknown op " + op);
    }
  }
  throw Failure("ERR_INVALID_INPUT", "standard input ended before start");
}

Network build(const Plan& plan) {
  Network network;
  network.forwarder = std::make_unique<Forwarder>(plan.seed, plan.router);
  if (plan.nodes.size() > kMaxNodes)
    throw Failure("ERR_LIMIT_EXCEEDED", "at most " + std::to_string(kMaxNodes) + " nodes");
  network.holders.reserve(plan.nodes.size());
  for (const HolderRequest& node : plan.nodes) network.holders.emplace_back(node);
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    network.forwarder->addNode({plan.nodes[i].name, plan.nodes[i].address, network.holders[i].takeDevice()});
  }
  network.forwarder->connect();
  for (const JsonLine& link : plan.links) setLink(*network.forwarder, link);
  return network;
}

void announce(const Network& network, bool realtime) {
  std::string out = std::string("{\"ok\":true,\"realtime\":") + (realtime ? "true" : "false") + ",\"nodes\":[";
  for (size_t i = 0; i < network.holders.size(); ++i) {
    out += (i == 0 ? "" : ",") + std::string("{\"name\":") + jsonString(network.forwarder->nameOf(i)) +
           ",\"pid\":" + std::to_string(network.holders[i].pid()) + "}";
  }
  std::printf("%s]}\n", out.c_str());
  std::fflush(stdout);
}

/// Wakes on time where the system lets us; works without.
bool sharpen() {
  prctl(PR_SET_TIMERSLACK, 1);
  mlockall(MCL_CURRENT);
  sched_param parameter{};
  parameter.sched_priority = kRealtimePriority;
  return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) == 0;
}

class Loop {
 public:
  Loop(Forwarder& forwarder, const std::string& control)
      : forwarder_(forwarder),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        control_(control, epoll_.get(), [this](std::string_view line) { return answer(forwarder_, line, stop_); }) {
    watch(timer_.get());
    watch(STDIN_FILENO);
    for (size_t i = 0; i < forwarder_.nodeCount(); ++i) {
      watch(forwarder_.deviceOf(i));
      nodeOfDevice_[forwarder_.deviceOf(i)] = i;
    }
  }

  void run() {
    epoll_event events[kMaxNodes];
    while (!stop_) {
      arm();
      const int count = epoll_wait(epoll_.get(), events, static_cast<int>(kMaxNodes), -1);
      if (count < 0 && errno != EINTR) throw systemFailure("epoll_wait");
      for (int i = 0; i < count; ++i) dispatch(events[i].data.fd, events[i].events);
      forwarder_.deliver();
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw systemFailure("epoll_ctl");
  }

  void dispatch(int fd, uint32_t events) {
    const auto node = nodeOfDevice_.find(fd);
    if (node != nodeOfDevice_.end()) {
      forwarder_.ingest(node->second);
      forwarder_.deliver();
    } else if (fd == timer_.get()) {
      uint64_t expirations = 0;
      if (read(fd, &expirations, sizeof expirations) > 0) armed_ = 0;
    } else if (fd == STDIN_FILENO) {
      char ignored[256];
      if (read(fd, ignored, sizeof ignored) <= 0) stop_ = true;  // the supervisor is gone
    } else {
      control_.handle(fd, events);
    }
  }

  void arm() {
    const uint64_t due = forwarder_.nextDue().value_or(0);
    if (due == armed_) return;
    armed_ = due;
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(due / 1'000'000'000);
    when.it_value.tv_nsec = static_cast<long>(due % 1'000'000'000);
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  Forwarder& forwarder_;
  FileDescriptor epoll_;
  FileDescriptor timer_;
  ControlSocket control_;
  std::unordered_map<int, size_t> nodeOfDevice_;
  uint64_t armed_ = 0;
  bool stop_ = false;
};

int run(const std::string& control) {
  const pid_t parent = getppid();
  try {
    becomeNamespaceRoot();
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of credentials, which clears it
    if (getppid() != parent) return 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole foreground group; the supervisor decides
    const Plan plan = readPlan();
    Network network = build(plan);
    Loop loop(*network.forwarder, control);
    announce(network, sharpen());
    loop.run();
    return 0;
  } catch (const Failure& failure) {
    std::printf("%s\n", errorLine(failure.code(), failure.what()).c_str());
    return 1;
  }
}

/// Says whether namespaces are to be had at all; makes nothing that outlives it.
int check() {
  try {
    becomeNamespaceRoot();
    if (unshare(CLONE_NEWNET) != 0) throw systemFailure("create a network namespace");
    std::printf("{\"ok\":true}\n");
    return 0;
  } catch (const Failure& failure) {
    std::printf("%s\n", errorLine(failure.code(), failure.what()).c_str());
    return 1;
  }
}

}  // namespace
}  // namespace wan

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "run" && argc == 3) return wan::run(argv[2]);
  if (verb == "check" && argc == 2) return wan::check();
  if (verb == "enter" && argc > 2) return wan::enterNamespace(argc - 2, argv + 2);
  std::fprintf(
      stderr,
      "usage: emulator run CONTROL-SOCKET | emulator check | emulator enter PID [--die-with-parent] -- COMMAND...\n");
  return 2;
}
