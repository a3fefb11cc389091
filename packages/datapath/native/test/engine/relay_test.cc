// With the direct link cut, sessions still open: through a common member.
#include "virtual_network.h"

namespace srwan::test {
namespace {

TEST(Relay, withTheDirectLinkCutASessionStillOpens) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}, {1}}, {{2, 0}, {0}}));
  network.cutBoth(0, 1);
  network.program(0, 1, "through");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.run(2 * SECOND);
  network.program(1, 0, "back");
  ASSERT_TRUE(network.runUntil([&] { return network.node(0).delivered.size() == 1; }));
  EXPECT_GE(network.node(2).count(Counter::relayedTxPackets), 2u);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Relay, withTheLinkToATransitCutItIsStillOpened) {
  VirtualNetwork network({.nodes = 4});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 3, 1}}, {{3, 2, 0}}));
  network.cutBoth(0, 3);
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
}

TEST(Relay, dataAndProbesAreNeverRelayed) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.cutBoth(0, 1);
  network.run(60 * SECOND);
  EXPECT_EQ(network.node(2).count(Counter::relayedTxPackets), 0u);
  EXPECT_EQ(network.node(2).count(Counter::relayedRxPackets), 0u);
}

TEST(Relay, datagramsTakeTheRelayOnceTheDirectLinkIsDead) {
  VirtualNetwork network({.nodes = 3, .probeInterval = SECOND});
  network.configureAll();
  network.cutBoth(0, 1);
  network.run(10 * SECOND);
  const std::vector<std::uint8_t> payload{1, 2, 3};
  ASSERT_TRUE(network.node(0).engine->sendDatagram(sidOf(1), payload, network.time.value));
  network.run(SECOND);
  const auto received = network.node(1).eventsOf<DatagramEvent>();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].payload, payload);
  EXPECT_EQ(received[0].from, sidOf(0));
}

TEST(Relay, forwardsOnlyForItsOwnSenderAndOnlyAtItsRate) {
  VirtualNetwork network({.nodes = 3, .probeInterval = SECOND});
  network.configureAll();
  network.cutBoth(0, 1);
  network.run(10 * SECOND);
  const auto before = network.node(2).count(Counter::relayedTxPackets);
  const std::vector<std::uint8_t> payload{1};
  for (int i = 0; i < 200; ++i) network.node(0).engine->sendDatagram(sidOf(1), payload, network.time.value);
  network.run(100 * MILLISECOND);
  EXPECT_LE(network.node(2).count(Counter::relayedTxPackets) - before, 53u);
  EXPECT_GE(network.node(2).count(Counter::dropRateLimited), 140u);
}

}  // namespace
}  // namespace srwan::test
