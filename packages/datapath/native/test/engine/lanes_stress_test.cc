// Three nodes, two lanes each, every lane a thread of its own: packets of programs flow both ways while timers run,
// keys change and the configuration is replaced. Meant for ThreadSanitizer; the tallies hold without it as well.
#include <deque>
#include <thread>

#include "engine/shell/engine_gate.h"
#include "engine/shell/system_time.h"
#include "virtual_network.h"

namespace srwan::test {
namespace {

constexpr std::size_t LANES = 2;
constexpr std::size_t NODES = 3;
constexpr int PACKETS = 4000;
constexpr std::size_t MAX_WAITING = 256;

// What has been sent to one lane of one node.
class Inbox {
 public:
  void push(ByteView datagram) {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(datagram.begin(), datagram.end());
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }
  bool pop(std::vector<std::uint8_t>& datagram) {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return false;
    datagram = std::move(queue_.front());
    queue_.pop_front();
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::vector<std::uint8_t>> queue_;
};

class Fabric {
 public:
  // As the kernel steers: segment packets by their stream, all others to the first lane.
  void deliver(std::size_t node, ByteView datagram) {
    const auto packet = SegmentPacketView::parse({const_cast<std::uint8_t*>(datagram.data()), datagram.size()});
    const bool segment = packet && static_cast<int>(*packetKind(datagram)) <= 2;
    inbox[node][segment ? laneOf(packet->session(), packet->stream(), LANES) : 0].push(datagram);
  }

  // Packets that are under way; receivers may be slower than programs.
  std::size_t waiting() const {
    std::size_t sum = 0;
    for (const auto& node : inbox) {
      for (const Inbox& lane : node) sum += lane.size();
    }
    return sum;
  }

  std::array<std::array<Inbox, LANES>, NODES> inbox;
};

class LaneOutput final : public Output {
 public:
  LaneOutput(Fabric& fabric) : fabric_(fabric) {}
  void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) override {
    fabric_.deliver(static_cast<std::size_t>(to.port - 1000), datagram);
  }
  ByteSpan reserve(std::size_t size) override { return ByteSpan(reserved_).first(size); }
  void writeTun(ByteView) override { delivered.fetch_add(1, std::memory_order_relaxed); }
  void event(Event&&) override {}

  std::atomic<std::uint64_t> delivered{0};

 private:
  Fabric& fabric_;
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> reserved_{};
};

struct Node {
  Node(std::size_t index, Fabric& fabric)
      : index(index), random(VirtualNetwork::SEED + index), keys(KeyPair::generate(random)), clock(time, 1) {
    EngineInit init;
    init.networkId = "test";
    init.sid = sidOf(index);
    init.rekeyInterval = SECOND;
    std::vector<EngineParts::LaneParts> lanes;
    for (std::size_t i = 0; i < LANES; ++i) {
      outputs.push_back(std::make_unique<LaneOutput>(fabric));
      lanes.push_back({*outputs.back(), counters[i]});
    }
    engine = std::make_unique<Engine>(init, EngineParts{keys, random, clock, lanes});
  }

  std::uint64_t delivered() const { return outputs[0]->delivered.load() + outputs[1]->delivered.load(); }
  std::uint64_t count(Counter counter) const { return counters[0].get(counter) + counters[1].get(counter); }

  const std::size_t index;
  SeededRandom random;
  SystemTime time;
  KeyPair keys;
  CounterBank counters;
  MeasuringClock clock;
  std::vector<std::unique_ptr<LaneOutput>> outputs;
  std::unique_ptr<Engine> engine;
  EngineGate gate{LANES};
};

using Nodes = std::array<std::unique_ptr<Node>, NODES>;

// Node 0 reaches node 1 over node 2.
EngineConfig configOf(const Nodes& nodes, std::size_t self, bool keepOpen) {
  EngineConfig config;
  config.transit = true;
  config.localPrefixes = {overlayOf(self)};
  for (std::size_t other = 0; other < NODES; ++other) {
    if (other == self) continue;
    PeerConfig peer;
    peer.sid = sidOf(other);
    peer.publicKey = nodes[other]->keys.publicKey();
    peer.endpoint = *UnderlayEndpoint::parse("192.0.2.1", static_cast<std::uint16_t>(1000 + other));
    peer.prefixes = {overlayOf(other)};
    config.peers.push_back(peer);
  }
  if (self != 0) return config;
  PolicyConfig policy;
  policy.endpoint = sidOf(1);
  policy.forward = {{sidOf(2), sidOf(1)}, {sidOf(1)}};
  policy.reverse = {{sidOf(2), sidOf(0)}, {sidOf(0)}};
  policy.standby = PairIndex{1, 1};
  policy.keepOpen = keepOpen;
  config.policies = {policy};
  return config;
}

void receive(Node& node, Fabric& fabric, unsigned lane) {
  Lane& own = node.engine->lane(lane);
  Passage passage(node.gate, lane, LANES);
  std::vector<std::uint8_t> datagram;
  for (int i = 0; i < 32 && fabric.inbox[node.index][lane].pop(datagram); ++i) {
    own.now = readClock(CLOCK_MONOTONIC);
    own.arrival = node.clock.now();
    switch (node.engine->tryDatagram(own, datagram)) {
      case Outcome::done:
        break;
      case Outcome::control:
        passage.alone([&] { node.engine->onDatagram(own, datagram, {}); });
        break;
      case Outcome::content:
        passage.alone([&] { node.engine->onContent(own); });
        break;
    }
  }
}

void program(Node& node, unsigned lane, ByteView packet) {
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> buffer{};
  std::copy(packet.begin(), packet.end(), buffer.begin() + HEADROOM);
  Lane& own = node.engine->lane(lane);
  Passage passage(node.gate, lane, LANES);
  own.now = readClock(CLOCK_MONOTONIC);
  const ByteSpan whole = ByteSpan(buffer).first(HEADROOM + packet.size() + TAILROOM);
  if (!node.engine->tryTun(own, whole, packet.size(), {}))
    passage.alone([&] { node.engine->onTun(own, whole, packet.size(), {}); });
}

void serveTimers(Node& node) {
  Passage passage(node.gate, 0, LANES);
  if (node.engine->nextTimer() > readClock(CLOCK_MONOTONIC)) return;
  passage.alone([&] { node.engine->onTimer(readClock(CLOCK_MONOTONIC)); });
}

// @pre the gate is closed
void sendAlone(Node& node, ByteView packet) {
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> buffer{};
  std::copy(packet.begin(), packet.end(), buffer.begin() + HEADROOM);
  node.engine->onTun(ByteSpan(buffer).first(HEADROOM + packet.size() + TAILROOM), packet.size(),
                     readClock(CLOCK_MONOTONIC));
}

TEST(LanesStress, twoLanesOfThreeNodesCarryWhileKeysAndConfigurationChange) {
  Fabric fabric;
  Nodes nodes;
  for (std::size_t i = 0; i < NODES; ++i) nodes[i] = std::make_unique<Node>(i, fabric);
  for (auto& node : nodes)
    ASSERT_FALSE(node->engine->reconfigure(configOf(nodes, node->index, true), readClock(CLOCK_MONOTONIC)));

  const auto there = ipv6Packet(overlayOf(0).address, overlayOf(1).address, std::string(400, 'a'));
  const auto back = ipv6Packet(overlayOf(1).address, overlayOf(0).address, std::string(400, 'b'));
  std::atomic<bool> flowing{false};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (auto& each : nodes) {
    for (unsigned lane = 0; lane < LANES; ++lane) {
      threads.emplace_back([&, lane, node = each.get()] {
        for (int sent = 0; !stop.load();) {
          receive(*node, fabric, lane);
          if (lane == 0) serveTimers(*node);
          if (node->index < 2 && sent < PACKETS && flowing.load() && fabric.waiting() < MAX_WAITING) {
            program(*node, lane, node->index == 0 ? there : back);
            ++sent;
          }
          std::this_thread::yield();
        }
      });
    }
  }
  const auto until = [](auto done) {
    for (int i = 0; i < 4000 && !done(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return done();
  };
  const auto alone = [](Node& node, auto work) {
    node.gate.close();
    work();
    node.gate.open();
  };
  // The session opens by itself; the first packet makes the way back known.
  ASSERT_TRUE(until([&] { return nodes[0]->count(Counter::sessionsOpened) > 0; }));
  ASSERT_TRUE(until([&] {
    alone(*nodes[0], [&] { sendAlone(*nodes[0], there); });
    return nodes[1]->delivered() > 0;
  }));
  const std::uint64_t first = nodes[0]->count(Counter::dataTxPackets);
  flowing.store(true);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    alone(*nodes[0], [&] {
      EXPECT_FALSE(nodes[0]->engine->reconfigure(configOf(nodes, 0, i % 2 == 0), readClock(CLOCK_MONOTONIC)));
      EXPECT_FALSE(nodes[0]->engine->sessions(readClock(CLOCK_MONOTONIC)).empty());
    });
  }
  // A machine that holds a thread up for longer than a key lives loses packets honestly.
  const auto late = [&] {
    std::uint64_t sum = 0;
    for (const auto& node : nodes) sum += node->count(Counter::dropKeyEpoch);
    return sum;
  };
  EXPECT_TRUE(until([&] {
    return nodes[1]->delivered() + nodes[0]->delivered() + late() >= first + 2 * PACKETS * LANES;
  })) << nodes[0]->delivered()
      << " + " << nodes[1]->delivered() << " of 2 x " << PACKETS * LANES << ", late " << late();
  EXPECT_TRUE(until([&] { return nodes[0]->count(Counter::rekeys) > 0; })) << "keys change in a second";
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  for (const auto& node : nodes) {
    EXPECT_EQ(node->count(Counter::dropAuthentication), 0u);
    EXPECT_EQ(node->count(Counter::dropHopProof), 0u);
    EXPECT_EQ(node->count(Counter::dropReplay), 0u);
    EXPECT_EQ(node->count(Counter::dropNoSession), 0u);
    EXPECT_EQ(node->count(Counter::dropQueueFull), 0u);
  }
}

}  // namespace
}  // namespace srwan::test
