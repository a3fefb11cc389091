// The emulated Internet: takes packets from the nodes' devices, lets the link model decide, and delivers them when they
// are due.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "file-descriptor.h"
#include "lateness.h"
#include "link-model.h"
#include "packet.h"
#include "timing-wheel.h"

namespace wan {

constexpr uint32_t kMaxNodes = 128;
/// Packets read from one device before the others get their turn.
constexpr int kReadBurst = 32;

struct NodePort {
  std::string name;
  uint32_t address = 0;  ///< host order
  FileDescriptor device;
};

/// Packets that no link ever saw.
struct StrayCounters {
  uint64_t notIpv4 = 0;
  uint64_t noSuchAddress = 0;
  uint64_t poolEmpty = 0;
};

class Forwarder {
 public:
  /// @param router - address from which errors about packets too big come, host order
  Forwarder(uint64_t seed, uint32_t router) : seed_(seed), router_(router), wheel_(monotonicNow()) {}

  /// @throws Failure above kMaxNodes, or for a name or address seen before
  void addNode(NodePort port);
  /// After the last node: makes the n·(n−1) directed pairs.
  void connect();

  size_t nodeCount() const { return ports_.size(); }
  int deviceOf(size_t node) const { return ports_[node].device.get(); }
  std::optional<size_t> indexOf(const std::string& name) const;
  const std::string& nameOf(size_t node) const { return ports_[node].name; }
  Link& link(size_t from, size_t to) { return links_[from * ports_.size() + to]; }

  /// Reads up to kReadBurst packets of a node that has some.
  void ingest(size_t node);
  /// Delivers what is due.
  void deliver();
  std::optional<uint64_t> nextDue() const { return wheel_.nextDue(); }

  LatenessSummary lateness() const { return lateness_.summary(monotonicNow()); }
  const StrayCounters& strays() const { return strays_; }
  uint32_t packetsInFlight() const { return pool_.used(); }

 private:
  void route(size_t from, Packet* packet, uint64_t now);
  void admit(Link& link, Packet* packet, uint64_t now);
  void tooBig(size_t from, Link& link, Packet* packet, uint64_t now);
  void send(Packet* packet, uint64_t now);

  uint64_t seed_;
  uint32_t router_;
  TimingWheel wheel_;
  PacketPool pool_;
  Lateness lateness_;
  StrayCounters strays_;
  std::vector<NodePort> ports_;
  std::vector<Link> links_;
  std::unordered_map<uint32_t, size_t> byAddress_;
  std::unordered_map<std::string, size_t> byName_;
};

}  // namespace wan
