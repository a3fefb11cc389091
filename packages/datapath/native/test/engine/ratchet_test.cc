// Key epochs: hops need no round trip, idle ones follow, nothing old is kept.
#include "virtual_network.h"

namespace srwan::test {
namespace {

TEST(Ratchet, dataFlowsOverManyEpochsWithoutAWordToTheTransit) {
  VirtualNetwork network({.nodes = 3, .rekeyInterval = SECOND});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.run(500 * MILLISECOND);
  const auto control = network.node(2).count(Counter::openRxPackets);
  for (int i = 0; i < 400; ++i) {
    network.program(0, 1);
    network.program(1, 0);
    network.run(100 * MILLISECOND);
  }
  network.run(SECOND);
  EXPECT_EQ(network.node(1).delivered.size(), 401u);
  EXPECT_EQ(network.node(0).delivered.size(), 400u);
  EXPECT_EQ(network.node(2).count(Counter::openRxPackets), control);
  EXPECT_GE(network.node(0).count(Counter::rekeys), 39u);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Ratchet, hopsThatStayedIdleForManyEpochsFollowAtOnce) {
  VirtualNetwork network({.nodes = 3, .rekeyInterval = SECOND, .sessionLifetime = 600 * SECOND});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  for (const Nanos idle : {17 * SECOND, 40 * SECOND, 123 * SECOND}) {
    network.run(idle);
    const auto before = network.node(1).delivered.size();
    network.program(0, 1);
    network.run(SECOND);
    EXPECT_EQ(network.node(1).delivered.size(), before + 1) << idle;
  }
}

TEST(Ratchet, aPacketOfAnEpochThatIsOverIsDropped) {
  VirtualNetwork network({.nodes = 2, .rekeyInterval = 10 * SECOND});
  network.configureAll();
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.cut(0, 1);
  network.program(0, 1, "late");
  const auto late = network.sent.back().octets;
  ASSERT_EQ(packetKind(late), PacketKind::dataForward);
  network.mend();
  network.run(11 * SECOND);
  auto copy = late;
  network.inject(1, copy);
  EXPECT_EQ(network.node(1).delivered.size(), 2u) << "within the 3 s of grace";
  network.cut(0, 1);
  network.program(0, 1, "later");
  const auto later = network.sent.back().octets;
  network.mend();
  network.run(14 * SECOND);
  network.inject(1, later);
  EXPECT_EQ(network.node(1).delivered.size(), 2u);
  EXPECT_EQ(network.node(1).count(Counter::dropKeyEpoch), 1u);
}

TEST(Ratchet, nothingIsKeptOfAnEpochsKeysOnceItIsOutOfRange) {
  ChainKey chain;
  chain.span()[0] = 7;
  DataReceiver receiver(std::move(chain));
  for (std::uint32_t epoch = 0; epoch < 3; ++epoch) ASSERT_NE(receiver.opener(epoch), nullptr);
  receiver.forgetBefore(2, 4);
  EXPECT_EQ(receiver.opener(0), nullptr);
  EXPECT_EQ(receiver.opener(1), nullptr);
  EXPECT_EQ(receiver.epochsHeld(), 1u);
}

TEST(Ratchet, aPacketCounterThatReachesItsLimitStartsANewEpochInstead) {
  // 2³² packets cannot be sent in a test; that counters restart only with a new key can.
  ChainKey chain;
  DataSender sender(Direction::forward, 1, 0, std::move(chain), 0, 10 * SECOND);
  SenderPath path;
  path.path = SegmentPath::from({sidOf(1)});
  std::vector<std::uint8_t> buffer(HEADROOM + 64 + TAILROOM);
  const auto seal = [&](Nanos now) {
    const ByteSpan datagram = datagramAround(path, buffer, 64);
    EXPECT_TRUE(sender.seal(path, datagram, now));
    return std::pair(datagram[2] & 15, load48(&datagram[10]));
  };
  EXPECT_EQ(seal(0), std::pair(0, std::uint64_t{0}));
  EXPECT_EQ(seal(1), std::pair(0, std::uint64_t{1}));
  EXPECT_EQ(seal(10 * SECOND), std::pair(1, std::uint64_t{0}));
  EXPECT_EQ(seal(11 * SECOND), std::pair(1, std::uint64_t{1}));
}

TEST(Ratchet, anUnknownEpochNeverAllocates) {
  KeyEpochClock clock(0, SECOND);
  EXPECT_FALSE(clock.accept(5, 0));
  EXPECT_EQ(clock.accept(1, 0), 1u);
  EXPECT_EQ(clock.accept(0, 2 * SECOND - 1), 0u);
  EXPECT_EQ(clock.accept(15, 20 * SECOND), std::nullopt);
  EXPECT_EQ(clock.accept(20 & 15, 20 * SECOND), 20u);
}

}  // namespace
}  // namespace srwan::test
