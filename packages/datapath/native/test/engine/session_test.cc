// Sessions: opened by the first packet, over 0 to 3 transits, in both directions.
#include "virtual_network.h"

namespace srwan::test {
namespace {

std::vector<std::uint8_t> expected(std::size_t from, std::size_t to, const std::string& text) {
  return ipv6Packet(overlayOf(from).address, overlayOf(to).address, text, 63);
}

class OverTransits : public testing::TestWithParam<std::size_t> {};

TEST_P(OverTransits, theFirstPacketOpensTheSessionAndDataFlowsBothWays) {
  const std::size_t transits = GetParam();
  VirtualNetwork network({.nodes = 2 + transits});
  network.configureAll();
  std::vector<std::size_t> forward;
  std::vector<std::size_t> reverse;
  for (std::size_t i = 0; i < transits; ++i) forward.push_back(2 + i), reverse.insert(reverse.begin(), 2 + i);
  forward.push_back(1);
  reverse.push_back(0);
  network.setPolicy(0, network.policy(0, 1, {forward, {1}}, {reverse, {0}}));
  network.program(0, 1, "there");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  EXPECT_EQ(network.node(1).delivered[0], expected(0, 1, "there"));
  network.run(100 * MILLISECOND);
  network.program(1, 0, "back");
  ASSERT_TRUE(network.runUntil([&] { return network.node(0).delivered.size() == 1; }));
  EXPECT_EQ(network.node(0).delivered[0], expected(1, 0, "back"));
  // Back over the session of node 0: node 1 opened none.
  EXPECT_EQ(network.node(1).count(Counter::handshakeTxPackets), 1u);
  for (std::size_t i = 0; i < transits; ++i) EXPECT_GE(network.node(2 + i).count(Counter::transitPackets), 2u);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
  const auto opened = network.node(0).eventsOf<SessionEvent>();
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].state, SessionChange::open);
  EXPECT_EQ(network.node(0).eventsOf<DemandEvent>().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Sessions, OverTransits, testing::Values(0, 1, 2, 3));

TEST(Session, theFirstPacketWaitsOneRoundTripForTheSessionAndNoMore) {
  VirtualNetwork network({.nodes = 3, .delay = 50 * MILLISECOND});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}, {1}}, {{2, 0}, {0}}));
  network.program(0, 1);
  const Nanos begin = network.time.value;
  ASSERT_TRUE(network.runUntil([&] { return !network.node(1).delivered.empty(); }));
  // Handshake and OPEN side by side: 100 ms; then 100 ms over the transit.
  EXPECT_LE(network.time.value - begin, 210 * MILLISECOND);
}

TEST(Session, bothEndsOpeningAtOnceKeepBothSessions) {
  VirtualNetwork network({});
  network.configureAll();
  network.program(0, 1, "a");
  network.program(1, 0, "b");
  ASSERT_TRUE(
      network.runUntil([&] { return !network.node(0).delivered.empty() && !network.node(1).delivered.empty(); }));
  EXPECT_EQ(network.node(0).engine->sessions(network.time.value).size(), 2u);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Session, aTakenIdAtTheEgressIsDrawnAgain) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  // Node 2 and node 0 draw the same id towards node 1.
  network.node(2).random.forced.push(4711);
  network.program(2, 1, "first");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.node(0).random.forced.push(4711);
  network.program(0, 1, "second");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 2; }));
  std::set<std::uint32_t> ids;
  for (const auto& session : network.node(1).engine->sessions(network.time.value)) ids.insert(session.session);
  EXPECT_EQ(ids.size(), 2u);
  EXPECT_TRUE(ids.contains(4711));
}

TEST(Session, aTakenIdAtATransitIsDrawnAgain) {
  VirtualNetwork network({.nodes = 4});
  network.configureAll();
  network.node(3).random.forced.push(99);
  network.program(3, 2, "occupies the id at node 2");
  ASSERT_TRUE(network.runUntil([&] { return network.node(2).delivered.size() == 1; }));
  network.setPolicy(0, network.policy(0, 1, {{2, 1}, {1}}, {{2, 0}, {0}}));
  network.node(0).random.forced.push(99);
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.run(3 * SECOND);
  bool used = false;
  for (const auto& session : network.node(0).engine->sessions(network.time.value)) {
    if (session.state != SessionState::open) continue;
    EXPECT_NE(session.session, 99u);
    used = session.activeForward.size() == 2;
  }
  EXPECT_TRUE(used);
}

TEST(Session, aPeerThatStartsAgainWithANewKeyIsReachedAgain) {
  VirtualNetwork network({});
  network.configureAll();
  network.program(0, 1, "before");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.restart(1);
  network.configure(1);
  network.configure(0);
  network.program(0, 1, "after");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  EXPECT_EQ(network.node(1).delivered[0], expected(0, 1, "after"));
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Session, aRestartedTransitIsOpenedAgain) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  network.program(0, 1, "before");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  network.restart(2);
  network.configure(2);
  for (const std::size_t other : {0u, 1u}) {
    EngineConfig config = network.node(other).config;
    for (auto& peer : config.peers) {
      if (peer.sid == sidOf(2)) peer.publicKey = network.node(2).keys.publicKey();
    }
    ASSERT_FALSE(network.node(other).engine->reconfigure(config, network.time.value));
  }
  network.run(200 * MILLISECOND);
  network.program(0, 1, "after");
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 2; }));
}

TEST(Session, isReplacedAfterItsLifetimeWithoutLosingAPacket) {
  VirtualNetwork network({.rekeyInterval = SECOND, .sessionLifetime = 20 * SECOND});
  network.configureAll();
  std::size_t sent = 0;
  std::set<std::uint32_t> ids;
  for (; sent < 450; ++sent) {
    network.program(0, 1, std::to_string(sent));
    network.run(100 * MILLISECOND);
    for (const auto& session : network.node(0).engine->sessions(network.time.value)) ids.insert(session.session);
  }
  network.run(SECOND);
  EXPECT_EQ(network.node(1).delivered.size(), sent);
  EXPECT_GE(ids.size(), 3u);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Session, endsForGoodAtTheHardStop) {
  VirtualNetwork network({.rekeyInterval = SECOND, .sessionLifetime = 5 * SECOND});
  network.configureAll();
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return !network.node(1).delivered.empty(); }));
  // The replacement cannot be opened any more.
  network.filter = [](SentDatagram& datagram) { return packetKind(datagram.octets) != PacketKind::handshake; };
  const std::uint32_t id = network.node(0).engine->sessions(network.time.value)[0].session;
  for (int i = 0; i < 120; ++i) {
    network.program(0, 1);
    network.run(100 * MILLISECOND);
  }
  for (const std::size_t index : {0u, 1u}) {
    for (const auto& session : network.node(index).engine->sessions(network.time.value)) EXPECT_NE(session.session, id);
  }
  const std::size_t delivered = network.node(1).delivered.size();
  network.program(0, 1);
  network.run(SECOND);
  EXPECT_EQ(network.node(1).delivered.size(), delivered);
}

TEST(Session, anIdleOneIsClosedEverywhereAfterItsLifetime) {
  VirtualNetwork network({.nodes = 3, .sessionLifetime = 100 * SECOND});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return !network.node(1).delivered.empty(); }));
  network.run(103 * SECOND);
  for (const std::size_t index : {0u, 1u, 2u})
    EXPECT_TRUE(network.node(index).engine->sessions(network.time.value).empty()) << index;
}

TEST(Session, keepOpenOpensWithoutData) {
  VirtualNetwork network({});
  network.configureAll();
  PolicyConfig policy = network.policy(0, 1, {{1}}, {{0}});
  policy.keepOpen = true;
  network.setPolicy(0, policy);
  EXPECT_TRUE(network.runUntil([&] { return network.node(0).count(Counter::sessionsOpened) == 1; }));
}

TEST(Session, keepOpenOpensAgainAfterAFailure) {
  VirtualNetwork network({});
  network.configureAll();
  network.cutBoth(0, 1);
  PolicyConfig policy = network.policy(0, 1, {{1}}, {{0}});
  policy.keepOpen = true;
  network.setPolicy(0, policy);
  ASSERT_TRUE(network.runUntil([&] { return network.node(0).count(Counter::sessionsFailed) == 1; }, 40 * SECOND));
  network.mend();
  EXPECT_TRUE(network.runUntil([&] { return network.node(0).count(Counter::sessionsOpened) == 1; }));
}

TEST(Session, billedOctetsAreTheUdpPayloadOfWhatEachHopAccepted) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  for (int i = 0; i < 20; ++i) {
    network.program(0, 1, std::string(100, 'x'));
    network.run(50 * MILLISECOND);
  }
  network.run(1500 * MILLISECOND);
  std::uint64_t payload = 0;
  for (const auto& datagram : network.sent) {
    if (datagram.from == 0 && packetKind(datagram.octets) == PacketKind::dataForward) payload += datagram.octets.size();
  }
  for (const std::size_t index : {0u, 1u, 2u}) {
    const auto sessions = network.node(index).engine->sessions(network.time.value);
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_EQ(sessions[0].forwardOctets, payload) << index;
  }
}

TEST(Session, stoppingFreesTheOthers) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return !network.node(1).delivered.empty(); }));
  network.node(0).engine->shutdown(network.time.value);
  network.run(SECOND);
  EXPECT_TRUE(network.node(1).engine->sessions(network.time.value).empty());
  EXPECT_TRUE(network.node(2).engine->sessions(network.time.value).empty());
}

}  // namespace
}  // namespace srwan::test
