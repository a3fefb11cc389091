// Measures the emulator from outside: sends numbered UDP packets between namespaces at a fixed rate and reports, for
// every ordered pair, what arrived and when. Both ends read CLOCK_MONOTONIC, which all namespaces share.
//   packet-probe RATE SECONDS PAYLOAD PAIRS PID:ADDRESS PID:ADDRESS...
// RATE is packets a second over all pairs together; PAIRS is "all" or "0-1,2-3"; prints one JSON line.
// Meanwhile a thread on each processor, above all others, measures how late the machine itself wakes who sleeps: what
// a host takes away from its guests can be charged to nobody else. Three more threads hand packets on without any delay
// but their own, as the emulator does with its: what that takes here and now is the peer that it is compared with.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "machine-watch.h"

namespace {

constexpr uint16_t kPort = 4990;
/// How long to wait for the last packets: until none came for as long as the slowest took and a while more, at most so
/// long.
constexpr uint64_t kDrainNs = 1'500'000'000;
constexpr uint64_t kSilenceNs = 200'000'000;
constexpr uint64_t kDrainPollNs = 20'000'000;

struct Node {
  int pid = 0;
  sockaddr_in address{};
  int socket = -1;
};

struct Header {
  uint64_t sentAt;
  uint32_t pair;
  uint32_t sequence;
};

struct Pair {
  size_t from = 0;
  size_t to = 0;
  uint32_t sent = 0;
  uint32_t next = 0;
  uint64_t octets = 0;
  uint64_t firstAt = 0;
  uint64_t lastAt = 0;
  uint64_t firstOctets = 0;
  uint32_t outOfOrder = 0;
  std::vector<uint32_t> delaysNs;  // 4.29 s at most
};

void enter(int pid, const char* kind, int type) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
  struct stat theirs {};
  struct stat ours {};
  if (stat(path.c_str(), &theirs) != 0 || stat((std::string("/proc/self/ns/") + kind).c_str(), &ours) != 0) fail(path);
  if (theirs.st_ino == ours.st_ino) return;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, type) != 0) fail(path);
  close(fd);
}

void openSocket(Node& node) {
  enter(node.pid, "net", CLONE_NEWNET);
  node.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int buffer = 32 << 20;
  setsockopt(node.socket, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  setsockopt(node.socket, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
  if (bind(node.socket, reinterpret_cast<sockaddr*>(&node.address), sizeof node.address) != 0) fail("bind");
}

void sendAll(const std::vector<Node>& nodes, std::vector<Pair>& pairs, double rate, double seconds, size_t payload) {
  prefer(kPriority);
  std::vector<uint8_t> packet(std::max(payload, sizeof(Header)), 0x5a);
  const uint64_t start = now();
  const auto total = static_cast<uint64_t>(rate * seconds);
  for (uint64_t i = 0; i < total; ++i) {
    const uint64_t at = start + static_cast<uint64_t>(static_cast<double>(i) * 1e9 / rate);
    if (at > now()) sleepUntil(at);
    Pair& pair = pairs[i % pairs.size()];
    const Header header{now(), static_cast<uint32_t>(i % pairs.size()), pair.sent};
    std::memcpy(packet.data(), &header, sizeof header);
    const Node& to = nodes[pair.to];
    if (sendto(nodes[pair.from].socket, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to.address),
               sizeof to.address) > 0) {
      ++pair.sent;
    }
  }
}

/// When the last packet came and how long the slowest took, over all pairs; for another thread to read.
struct Progress {
  std::atomic<uint64_t> lastAt{0};
  std::atomic<uint64_t> slowestNs{0};
};

void note(std::vector<Pair>& pairs, const Header& header, size_t length, uint64_t at) {
  if (header.pair >= pairs.size()) return;
  Pair& pair = pairs[header.pair];
  if (header.sequence < pair.next) ++pair.outOfOrder;
  pair.next = std::max(pair.next, header.sequence + 1);
  pair.octets += length + 28;
  if (pair.firstAt == 0) {
    pair.firstAt = at;
    pair.firstOctets = length + 28;
  }
  pair.lastAt = at;
  pair.delaysNs.push_back(static_cast<uint32_t>(std::min<uint64_t>(at - header.sentAt, UINT32_MAX)));
}

void drain(const Progress& progress) {
  const uint64_t end = now() + kDrainNs;
  for (uint64_t at = now(); at < end; at += kDrainPollNs) {
    sleepUntil(at);
    const uint64_t last = progress.lastAt.load();
    if (last != 0 && at > last + progress.slowestNs.load() + kSilenceNs) return;
  }
}

void receiveAll(const std::vector<Node>& nodes, std::vector<Pair>& pairs, Progress& progress,
                const std::atomic<bool>& done) {
  prefer(kPriority);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (const Node& node : nodes) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = node.socket;
    epoll_ctl(epoll, EPOLL_CTL_ADD, node.socket, &event);
  }
  uint8_t buffer[65536];
  while (!done.load()) {
    epoll_event events[64];
    const int count = epoll_wait(epoll, events, 64, 50);
    for (int i = 0; i < count; ++i) {
      for (ssize_t length; (length = recv(events[i].data.fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) {
        const uint64_t at = now();
        Header header{};
        if (static_cast<size_t>(length) < sizeof header) continue;
        std::memcpy(&header, buffer, sizeof header);
        note(pairs, header, static_cast<size_t>(length), at);
        progress.lastAt = at;
        progress.slowestNs = std::max(progress.slowestNs.load(), at - header.sentAt);
      }
    }
  }
  close(epoll);
}

std::vector<Pair> parsePairs(const std::string& text, size_t nodes) {
  std::vector<Pair> pairs;
  if (text == "all") {
    for (size_t from = 0; from < nodes; ++from) {
      for (size_t to = 0; to < nodes; ++to) {
        if (from != to) pairs.push_back(Pair{.from = from, .to = to, .delaysNs = {}});
      }
    }
    return pairs;
  }
  std::stringstream in(text);
  for (std::string item; std::getline(in, item, ',');) {
    const size_t dash = item.find('-');
    pairs.push_back(
        Pair{.from = std::stoul(item.substr(0, dash)), .to = std::stoul(item.substr(dash + 1)), .delaysNs = {}});
  }
  return pairs;
}

void reportQuantiles(const char* name, std::vector<uint64_t>& values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    if (values.empty()) return 0.0;
    const auto place = static_cast<size_t>(q * static_cast<double>(values.size()));
    return static_cast<double>(values[std::min(values.size() - 1, place)]) / 1e6;
  };
  std::printf("\"%s\":{\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"p997Ms\":%.4f,\"maxMs\":%.4f}", name, at(0.5), at(0.99),
              at(0.997), at(1));
}

void report(std::vector<Pair>& pairs, std::vector<uint64_t>& machine, std::vector<uint64_t>& relayed) {
  std::printf("{");
  reportQuantiles("machine", machine);
  std::printf(",");
  reportQuantiles("relay", relayed);
  std::printf(",\"pairs\":[");
  for (size_t i = 0; i < pairs.size(); ++i) {
    Pair& pair = pairs[i];
    std::sort(pair.delaysNs.begin(), pair.delaysNs.end());
    const size_t n = pair.delaysNs.size();
    const auto at = [&](double q) {
      return n == 0 ? -1.0 : pair.delaysNs[std::min(n - 1, static_cast<size_t>(q * static_cast<double>(n)))] / 1e6;
    };
    const double seconds = static_cast<double>(pair.lastAt - pair.firstAt) / 1e9;
    std::printf(
        "%s{\"from\":%zu,\"to\":%zu,\"sent\":%u,\"received\":%zu,\"outOfOrder\":%u,\"bitsPerSecond\":%.0f,\"minMs\":%."
        "4f,\"p50Ms\":%.4f,"
        "\"p99Ms\":%.4f,\"maxMs\":%.4f,\"delaysMs\":[",
        i == 0 ? "" : ",", pair.from, pair.to, pair.sent, n, pair.outOfOrder,
        seconds > 0 ? static_cast<double>(pair.octets - pair.firstOctets) * 8 / seconds : 0, at(0), at(0.5), at(0.99),
        at(1));
    for (size_t k = 0; k < n; ++k) std::printf("%s%.4f", k == 0 ? "" : ",", pair.delaysNs[k] / 1e6);
    std::printf("]}");
  }
  std::printf("]}\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr, "usage: packet-probe RATE SECONDS PAYLOAD PAIRS PID:ADDRESS PID:ADDRESS...\n");
    return 2;
  }
  std::vector<Node> nodes;
  for (int i = 5; i < argc; ++i) {
    Node node;
    const std::string text = argv[i];
    const size_t colon = text.find(':');
    node.pid = std::stoi(text.substr(0, colon));
    node.address.sin_family = AF_INET;
    node.address.sin_port = htons(kPort);
    if (inet_pton(AF_INET, text.substr(colon + 1).c_str(), &node.address.sin_addr) != 1) fail("address");
    nodes.push_back(node);
  }
  enter(nodes[0].pid, "user", CLONE_NEWUSER);
  for (Node& node : nodes) openSocket(node);
  std::vector<Pair> sending = parsePairs(argv[4], nodes.size());
  std::vector<Pair> received = sending;
  const double rate = std::atof(argv[1]);
  const double seconds = std::atof(argv[2]);
  for (Pair& pair : received)
    pair.delaysNs.reserve(static_cast<size_t>(rate * seconds / static_cast<double>(sending.size())) * 2 + 16);
  std::atomic<bool> done{false};
  std::vector<std::vector<uint64_t>> late(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::thread> watchers;
  for (unsigned processor = 0; processor < late.size(); ++processor) {
    late[processor].reserve(static_cast<size_t>((seconds + 3) * 1e9 / kMachineSampleNs));
    watchers.emplace_back([&, processor] { watchMachine(processor, late[processor], done); });
  }
  Relay relay;
  std::thread relaying([&] { relay.sendUntil(done); });
  Progress progress;
  std::thread receiver([&] { receiveAll(nodes, received, progress, done); });
  std::thread sender([&] { sendAll(nodes, sending, rate, seconds, static_cast<size_t>(std::atoi(argv[3]))); });
  sender.join();
  drain(progress);
  done = true;
  receiver.join();
  relaying.join();
  std::vector<uint64_t> machine;
  for (size_t i = 0; i < watchers.size(); ++i) {
    watchers[i].join();
    machine.insert(machine.end(), late[i].begin(), late[i].end());
  }
  for (size_t i = 0; i < received.size(); ++i) received[i].sent = sending[i].sent;
  report(received, machine, relay.taken());
  return 0;
}
