// What may never happen, whoever sends what.
#include "virtual_network.h"

namespace srwan::test {
namespace {

// Node 0 to node 1 over node 2, one packet delivered.
struct Established {
  VirtualNetwork network{{.nodes = 4}};

  Established() {
    network.configureAll();
    network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
    network.program(0, 1, "first");
    EXPECT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
    network.run(200 * MILLISECOND);
  }

  // The last data packet that `from` sent.
  SentDatagram lastData(std::size_t from, PacketKind kind = PacketKind::dataForward) const {
    for (auto at = network.sent.rbegin(); at != network.sent.rend(); ++at) {
      if (at->from == from && packetKind(at->octets) == kind) return *at;
    }
    return {};
  }

  std::uint64_t responses(std::size_t index) const {
    std::uint64_t count = 0;
    for (const SentDatagram& datagram : network.sent) count += datagram.from == index ? 1 : 0;
    return count;
  }
};

// Sends it to a node; nothing may be forwarded, delivered, answered or billed, and exactly one counter says why.
void expectDropped(Established& test, std::size_t to, std::vector<std::uint8_t> octets, Counter counter) {
  VirtualNode& node = test.network.node(to);
  const auto sent = test.responses(to);
  const auto delivered = node.delivered.size();
  const auto billed = node.count(Counter::transitOctets);
  const auto before = node.count(counter);
  test.network.inject(to, std::move(octets));
  EXPECT_EQ(test.responses(to), sent);
  EXPECT_EQ(node.delivered.size(), delivered);
  EXPECT_EQ(node.count(Counter::transitOctets), billed);
  EXPECT_EQ(node.count(counter), before + 1);
}

TEST(Hostile, aTransitThatKnowsNoSessionNeverForwards) {
  Established test;
  expectDropped(test, 3, test.lastData(0).octets, Counter::dropUnknownSession);
}

TEST(Hostile, aReplayedSegmentPacketIsNeverForwardedNorDeliveredNorBilledAgain) {
  Established test;
  expectDropped(test, 2, test.lastData(0).octets, Counter::dropReplay);
  expectDropped(test, 1, test.lastData(2).octets, Counter::dropReplay);
}

TEST(Hostile, aHopCannotBeSkipped) {
  Established test;
  test.network.cut(0, 2);
  test.network.program(0, 1, "second");
  auto octets = test.lastData(0).octets;
  // As the ingress made it, straight to the egress, with and without the mutable field moved on.
  expectDropped(test, 1, octets, Counter::dropNotNextSegment);
  octets[1] = 0;
  expectDropped(test, 1, octets, Counter::dropHopProof);
}

TEST(Hostile, theListCannotBeEditedOrExtended) {
  Established test;
  test.network.cut(0, 2);
  test.network.program(0, 1, "second");
  const auto octets = test.lastData(0).octets;
  auto edited = octets;
  store64(&edited[32], sidOf(3));
  expectDropped(test, 2, edited, Counter::dropHopProof);
  auto extended = octets;
  extended[2] = static_cast<std::uint8_t>((3 << 4) | (extended[2] & 15));
  extended[1] = 2;
  const std::vector<std::uint8_t> segment(octets.begin() + 16, octets.begin() + 32);
  extended.insert(extended.begin() + 32, segment.begin(), segment.end());
  store64(&extended[32], sidOf(3));
  expectDropped(test, 2, extended, Counter::dropHopProof);
}

TEST(Hostile, nobodyForwardsForASessionThatItsIngressDidNotOpen) {
  Established test;
  // Node 3 knows the packet and its own pair key with node 2, not the session's hop key.
  auto octets = test.lastData(0).octets;
  store48(&octets[10], load48(&octets[10]) + 1);
  expectDropped(test, 2, octets, Counter::dropHopProof);
}

TEST(Hostile, aFlippedBitAnywhereIsNeverDelivered) {
  Established test;
  test.network.cut(2, 1);
  test.network.program(0, 1, "second");
  test.network.run(50 * MILLISECOND);
  const auto octets = test.lastData(2).octets;
  const auto delivered = test.network.node(1).delivered.size();
  const auto sent = test.responses(1);
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    auto flipped = octets;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    test.network.inject(1, flipped);
  }
  EXPECT_EQ(test.network.node(1).delivered.size(), delivered);
  EXPECT_EQ(test.responses(1), sent);
  // None of them used up the true packet's place in the window.
  test.network.inject(1, octets);
  EXPECT_EQ(test.network.node(1).delivered.size(), delivered + 1);
}

TEST(Hostile, truncatedAndRandomPacketsAreDroppedAndCounted) {
  Established test;
  const auto octets = test.lastData(0).octets;
  for (std::size_t size = 0; size < octets.size(); ++size)
    test.network.inject(2, {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)});
  SeededRandom random(VirtualNetwork::SEED);
  const auto sent = test.responses(2);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> noise(1 + random.next32() % 300);
    random.fill(noise);
    noise[0] = static_cast<std::uint8_t>(0x20 | (noise[0] & 7));
    test.network.inject(2, noise);
  }
  EXPECT_EQ(test.responses(2), sent);
}

TEST(Hostile, aReplayedPairPacketIsDroppedAndNotAnswered) {
  Established test;
  test.network.run(15 * SECOND);
  for (const SentDatagram& datagram : std::vector(test.network.sent)) {
    if (datagram.to != 2 || packetKind(datagram.octets) != PacketKind::probe) continue;
    expectDropped(test, 2, datagram.octets, Counter::dropReplay);
  }
}

TEST(Hostile, aReplayedInitiationOpensNothing) {
  Established test;
  for (const SentDatagram& datagram : std::vector(test.network.sent)) {
    if (datagram.to != 1 || packetKind(datagram.octets) != PacketKind::handshake) continue;
    expectDropped(test, 1, datagram.octets, Counter::dropReplay);
  }
}

TEST(Hostile, aStrangersPairPacketIsDroppedBeforeAnyWork) {
  Established test;
  for (const SentDatagram& datagram : std::vector(test.network.sent)) {
    if (datagram.to != 2 || packetKind(datagram.octets) != PacketKind::probe) continue;
    auto stranger = datagram.octets;
    store64(&stranger[8], 0xdead);
    expectDropped(test, 2, stranger, Counter::dropUnknownPeer);
    auto otherKey = datagram.octets;
    otherKey[2] ^= 1;
    expectDropped(test, 2, otherKey, Counter::dropUnknownKey);
    break;
  }
}

TEST(Hostile, onlyAllowedInnerSourcesAndDestinationsPass) {
  Established test;
  VirtualNetwork& network = test.network;
  const auto foreign = IpPrefix::parse("2001:db8::1/128")->address;
  // The ingress refuses what is not its own ...
  network.programRaw(0, ipv6Packet(foreign, overlayOf(1).address, "x"));
  EXPECT_EQ(network.node(0).count(Counter::dropSourceNotAllowed), 1u);
  network.programRaw(0, ipv6Packet(overlayOf(0).address, foreign, "x"));
  EXPECT_EQ(network.node(0).count(Counter::dropNoRoute), 1u);
  // ... and where a hostile ingress does not, the egress does.
  EngineConfig hostile = network.node(0).config;
  hostile.localPrefixes.push_back(*IpPrefix::parse("2001:db8::1/128"));
  for (auto& peer : hostile.peers) {
    if (peer.sid == sidOf(1)) peer.prefixes.push_back(*IpPrefix::parse("2001:db8::2/128"));
  }
  ASSERT_FALSE(network.node(0).engine->reconfigure(hostile, network.time.value));
  network.programRaw(0, ipv6Packet(foreign, overlayOf(1).address, "x"));
  network.programRaw(0, ipv6Packet(overlayOf(0).address, IpPrefix::parse("2001:db8::2/128")->address, "x"));
  network.run(SECOND);
  EXPECT_EQ(network.node(1).count(Counter::dropSourceNotAllowed), 1u);
  EXPECT_EQ(network.node(1).count(Counter::dropDestinationNotAllowed), 1u);
  EXPECT_EQ(network.node(1).delivered.size(), 1u);
}

TEST(Hostile, anAddressOfAnotherMemberIsNoAllowedSource) {
  Established test;
  VirtualNetwork& network = test.network;
  EngineConfig hostile = network.node(0).config;
  hostile.localPrefixes.push_back(overlayOf(3));
  ASSERT_FALSE(network.node(0).engine->reconfigure(hostile, network.time.value));
  network.programRaw(0, ipv6Packet(overlayOf(3).address, overlayOf(1).address, "x"));
  network.run(SECOND);
  EXPECT_EQ(network.node(1).count(Counter::dropSourceNotAllowed), 1u);
}

TEST(Hostile, nothingLeavesInClearWhenASessionCannotOpen) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.cutBoth(0, 1);
  network.cutBoth(0, 2);
  const std::string secret = "known plaintext that must not be seen";
  for (int i = 0; i < 200; ++i) {
    network.program(0, 1, secret);
    network.run(100 * MILLISECOND);
  }
  for (const SentDatagram& datagram : network.sent) {
    const std::string octets(datagram.octets.begin(), datagram.octets.end());
    EXPECT_EQ(octets.find(secret), std::string::npos);
    EXPECT_NE(packetKind(datagram.octets), PacketKind::dataForward);
  }
  EXPECT_GE(network.node(0).count(Counter::sessionsFailed), 1u);
  EXPECT_GT(network.node(0).count(Counter::dropQueueFull) + network.node(0).count(Counter::dropNoSession), 100u);
}

TEST(Hostile, noOctetOfThePlaintextIsSeenOnAnyLink) {
  Established test;
  for (const SentDatagram& datagram : test.network.sent) {
    const std::string octets(datagram.octets.begin(), datagram.octets.end());
    EXPECT_EQ(octets.find("first"), std::string::npos);
  }
}

TEST(Hostile, aNodeThatDoesNotWantToNeverForwards) {
  VirtualNetwork network({.nodes = 3, .transit = false});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}, {1}}, {{2, 0}, {0}}));
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  EXPECT_EQ(network.node(2).count(Counter::transitPackets), 0u);
}

TEST(Hostile, theWaitingQueueNeverHoldsMoreThan32Packets) {
  VirtualNetwork network({});
  network.configureAll();
  for (int i = 0; i < 100; ++i) network.program(0, 1, std::to_string(i));
  EXPECT_EQ(network.node(0).count(Counter::dropQueueFull), 68u);
  network.run(SECOND);
  ASSERT_EQ(network.node(1).delivered.size(), 32u);
  EXPECT_EQ(network.node(1).delivered[0], ipv6Packet(overlayOf(0).address, overlayOf(1).address, "68", 63));
}

TEST(Hostile, oneIngressNeverHoldsMoreThan256Sessions) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  // Node 0 opens and forgets: each restart of its engine's state is a new session at node 1, under one key.
  std::size_t held = 0;
  for (int i = 0; i < 300; ++i) {
    // A refused CLOSE keeps the old session at the egress.
    network.filter = [](SentDatagram& datagram) { return packetKind(datagram.octets) != PacketKind::sessionControl; };
    network.program(0, 1);
    network.run(100 * MILLISECOND);
    EngineConfig without = network.node(0).config;
    std::erase_if(without.policies, [](const PolicyConfig& policy) { return policy.endpoint == sidOf(1); });
    ASSERT_FALSE(network.node(0).engine->reconfigure(without, network.time.value));
    ASSERT_FALSE(network.node(0).engine->reconfigure(network.node(0).config, network.time.value));
    held = std::max(held, network.node(1).engine->sessions(network.time.value).size());
  }
  EXPECT_LE(held, 256u);
  EXPECT_GE(held, 200u);
}

TEST(Hostile, theHopLimitIsDecrementedAndAPacketAtItsEndDropped) {
  VirtualNetwork network({});
  network.configureAll();
  network.program(0, 1, "x", 1);
  EXPECT_EQ(network.node(0).count(Counter::dropTtlExpired), 1u);
}

}  // namespace
}  // namespace srwan::test
