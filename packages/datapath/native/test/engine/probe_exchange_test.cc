// The pairwise probe exchange: rhythm, both directions measured, what rides along, clock epochs.
#include "virtual_network.h"

namespace srwan::test {
namespace {

TEST(Probes, oneExchangeAnIntervalAndEachSideLearnsTheDelayTowardsItself) {
  VirtualNetwork network({.delay = 30 * MILLISECOND});
  network.configureAll();
  network.run(300 * SECOND);
  const auto a = network.node(0).eventsOf<ProbeEvent>();
  EXPECT_GE(a.size(), 27u);
  EXPECT_LE(a.size(), 34u);
  std::size_t asSender = 0;
  for (const auto& event : a) {
    EXPECT_EQ(event.receivedAt - event.sentAt, 30 * MILLISECOND);
    if (event.sender) {
      ++asSender;
      EXPECT_EQ(event.roundTrip, 60 * MILLISECOND);
    }
  }
  // Whoever reflected last starts next.
  EXPECT_NEAR(static_cast<double>(asSender), static_cast<double>(a.size()) / 2, 2);
}

TEST(Probes, growingNumbersTellOneWayLoss) {
  VirtualNetwork network({.probeInterval = SECOND});
  network.configureAll();
  network.run(20 * SECOND);
  network.cut(0, 1);
  network.run(20 * SECOND);
  network.mend();
  network.run(20 * SECOND);
  const auto events = network.node(1).eventsOf<ProbeEvent>();
  EXPECT_GT(events.back().sentByPeer, events.back().acceptedFromPeer + 5);
  EXPECT_FALSE(network.node(0).eventsOf<ProbeLostEvent>().empty());
}

TEST(Probes, carryTheColumnPartBothWays) {
  VirtualNetwork network({.probeInterval = SECOND});
  network.configureAll();
  const std::vector<std::uint8_t> part(MAX_COLUMN_PART_OCTETS, 0xab);
  const std::pair<Sid, std::uint16_t> seen{sidOf(1), 17};
  network.node(0).engine->setColumnPart(part, {&seen, 1});
  network.run(10 * SECOND);
  const auto events = network.node(1).eventsOf<ProbeEvent>();
  ASSERT_GE(events.size(), 2u);
  for (const auto& event : events) {
    EXPECT_EQ(event.columnPartSize, MAX_COLUMN_PART_OCTETS);
    EXPECT_EQ(event.columnPart.back(), 0xab);
    EXPECT_EQ(event.columnSeen, 17);
  }
}

TEST(Probes, neverExceed118OctetsAndTheAnswerIsNeverLarger) {
  VirtualNetwork network({.probeInterval = SECOND});
  network.configureAll();
  const std::vector<std::uint8_t> part(MAX_COLUMN_PART_OCTETS, 1);
  for (const std::size_t index : {0u, 1u}) network.node(index).engine->setColumnPart(part, {});
  network.run(30 * SECOND);
  for (const auto& datagram : network.sent) {
    EXPECT_TRUE(packetKind(datagram.octets) != PacketKind::probe || datagram.octets.size() <= 118);
  }
}

TEST(Probes, aJumpOfTheClockOrASuspensionBeginsANewClockEpoch) {
  VirtualNetwork network({});
  network.configureAll();
  network.run(5 * SECOND);
  const auto first = network.node(0).clock.epoch();
  network.node(0).clock.adjust(SECOND, false, 0);
  EXPECT_EQ(network.node(0).clock.epoch(), static_cast<std::uint16_t>(first + 1));
  network.run(2 * SECOND);
  EXPECT_EQ(network.node(0).eventsOf<ClockEpochEvent>().size(), 1u);
  network.time.suspended += 10 * SECOND;
  network.run(2 * SECOND);
  EXPECT_EQ(network.node(0).clock.epoch(), static_cast<std::uint16_t>(first + 2));
  // Drift is no jump.
  network.node(1).clock.adjust(0, true, 50'000);
  const auto other = network.node(1).clock.epoch();
  network.run(100 * SECOND);
  EXPECT_EQ(network.node(1).clock.epoch(), other);
}

TEST(Probes, aReplyNobodyWaitsForIsDropped) {
  VirtualNetwork network({.probeInterval = SECOND});
  network.configureAll();
  network.filter = [](SentDatagram& datagram) { return datagram.from == 0; };
  network.run(3 * SECOND);
  const auto accepted = network.node(0).eventsOf<ProbeEvent>().size();
  std::vector<std::uint8_t> reply;
  for (const auto& datagram : network.sent) {
    if (datagram.from == 1 && datagram.octets.size() == 72) reply = datagram.octets;
  }
  ASSERT_FALSE(reply.empty());
  network.run(5 * SECOND);
  network.inject(0, reply);
  EXPECT_EQ(network.node(0).eventsOf<ProbeEvent>().size(), accepted);
}

}  // namespace
}  // namespace srwan::test
