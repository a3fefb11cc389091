// The shell: real sockets on loopback and the datapath's own thread, driven from this one. Meant for ThreadSanitizer
// too.
#include <gtest/gtest.h>

#include <condition_variable>

#include "engine/shell/datapath_runtime.h"
#include "engine/shell/shell_error.h"

namespace srwan::test {
namespace {

struct Listener {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t wakes = 0;

  void wake() {
    const std::lock_guard lock(mutex);
    ++wakes;
    changed.notify_one();
  }
};

struct Node {
  explicit Node(Sid sid) : runtime(init(sid), [this] { listener.wake(); }) {}

  static RuntimeInit init(Sid sid) {
    RuntimeInit init;
    init.engine.networkId = "test";
    init.engine.sid = sid;
    init.engine.probeInterval = 50 * MILLISECOND;
    init.listen = *UnderlayEndpoint::parse("127.0.0.1", 0);
    return init;
  }

  // Waits for the next event that fits.
  template <class T>
  T next() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      for (Event& event : runtime.events().take()) {
        if (T* match = std::get_if<T>(&event)) return std::move(*match);
      }
      std::unique_lock lock(listener.mutex);
      listener.changed.wait_until(lock, end, [&] { return listener.wakes > 0; });
      listener.wakes = 0;
    }
    throw std::runtime_error("no such event in 20 s");
  }

  Listener listener;
  DatapathRuntime runtime;
};

void introduce(Node& self, Sid own, Node& other, Sid name) {
  EngineConfig config;
  config.transit = true;
  PeerConfig peer;
  peer.sid = name;
  peer.publicKey = other.runtime.publicKey();
  peer.endpoint = other.runtime.listenEndpoint();
  config.peers = {peer};
  PolicyConfig policy;
  policy.endpoint = name;
  policy.forward = {{name}};
  policy.reverse = {{own}};
  config.policies = {policy};
  EXPECT_TRUE(self.runtime.reconfigure(config));
  EXPECT_FALSE(self.runtime.reconfigure(config));
}

TEST(Runtime, runsOnItsOwnThreadAndIsDrivenFromAnother) {
  Node a(1);
  Node b(2);
  a.runtime.start();
  b.runtime.start();
  introduce(a, 1, b, 2);
  introduce(b, 2, a, 1);
  EXPECT_EQ(a.next<ProbeEvent>().from, 2u);
  const std::vector<std::uint8_t> payload{1, 2, 3};
  EXPECT_TRUE(a.runtime.sendDatagram(2, payload));
  EXPECT_EQ(b.next<DatagramEvent>().payload, payload);
  PathComparisonRequest request;
  request.id = 1;
  request.endpoint = 2;
  request.paths = {{{2}, {1}}};
  request.count = 3;
  request.duration = 30 * MILLISECOND;
  EXPECT_EQ(a.runtime.comparePaths(request), DatapathRuntime::Comparison::started);
  const auto epoch = a.runtime.clock().epoch();
  a.runtime.adjustClock(SECOND, true, 50'000);
  EXPECT_NE(a.runtime.clock().epoch(), epoch);
  const auto done = a.next<PathProbesDoneEvent>();
  EXPECT_TRUE(done.samples[0][2].has_value());
  EXPECT_EQ(a.runtime.sessions().size(), 1u);
  EXPECT_GT(a.runtime.counters().front().get(Counter::pathProbeTxPackets), 0u);
  a.runtime.stop();
  a.runtime.stop();
  EXPECT_FALSE(a.runtime.sendDatagram(2, payload));
  a.runtime.start();
  introduce(b, 2, a, 1);
  EXPECT_EQ(a.next<ProbeEvent>().from, 2u);
}

TEST(Runtime, saysWhatTheMachineLetsItUseWhileItRuns) {
  Node node(1);
  EXPECT_THROW((void)node.runtime.features(), ConfigError);
  node.runtime.start();
  const DatapathFeatures features = node.runtime.features();
  EXPECT_GE(features.threads, 1u);
  EXPECT_LE(features.threads, MAX_THREADS);
  EXPECT_EQ(features.tunOffload, TunOffload::off);
  EXPECT_EQ(features.wantedBufferOctets, static_cast<std::uint32_t>(DEFAULT_SOCKET_BUFFER));
  EXPECT_GT(features.receiveBufferOctets, 0u);
  EXPECT_LE(features.receiveBufferOctets, features.wantedBufferOctets);
  EXPECT_GT(features.sendBufferOctets, 0u);
  node.runtime.stop();
  EXPECT_THROW((void)node.runtime.features(), ConfigError);
}

TEST(Runtime, aBufferIsReportedAsItWasAskedFor) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int asked = 100'000;
  ASSERT_EQ(setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &asked, sizeof asked), 0);
  EXPECT_EQ(grantedBufferOctets(socket.get(), SO_RCVBUF), static_cast<std::uint32_t>(asked));
  EXPECT_EQ(grantedBufferOctets(-1, SO_RCVBUF), 0u);
}

TEST(Runtime, neverLeavesItsThreadBehind) {
  for (int i = 0; i < 50; ++i) {
    Node node(3);
    node.runtime.start();
  }
  SUCCEED();
}

TEST(Runtime, aPortInUseIsSaidAndNothingIsHalfStarted) {
  Node a(1);
  a.runtime.start();
  RuntimeInit init = Node::init(2);
  init.listen = a.runtime.listenEndpoint();
  DatapathRuntime second(init, [] {});
  try {
    second.start();
    FAIL();
  } catch (const ShellError& error) {
    EXPECT_STREQ(error.code(), "ERR_PORT_IN_USE");
  }
  EXPECT_FALSE(second.running());
}

}  // namespace
}  // namespace srwan::test
