// Path MTU discovery on links of all widths; what becomes of packets that are too large; paths that carry too little.
#include "test/wire/support/reference_checksum.h"
#include "virtual_network.h"
#include "wire/icmp_error.h"

namespace srwan::test {
namespace {

// UDP payload that a link of so many octets carries over IPv4.
constexpr std::size_t payloadOf(std::size_t link) { return link - 28; }

// Of one direction, until its search is over: base, limit at once with it and three times after, six halves three times
// each.
constexpr std::size_t MOST_PROBES = 1 + 1 + 3 + 6 * 3;

// Links by their ends; every other one carries 1,500.
struct Narrow {
  VirtualNetwork network;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> links;

  explicit Narrow(NetworkOptions options = {}) : network(options) {
    network.configureAll();
    network.filter = [this](SentDatagram& datagram) {
      const auto link = links.find({datagram.from, datagram.to});
      return datagram.octets.size() <= payloadOf(link == links.end() ? 1500 : link->second);
    };
  }

  void both(std::size_t a, std::size_t b, std::size_t octets) { links[{a, b}] = links[{b, a}] = octets; }

  // Node 1 has nothing of its own towards node 0: what it sends goes back over node 0's session.
  void alone() {
    EngineConfig& config = network.node(1).config;
    config.policies.clear();
    ASSERT_FALSE(network.node(1).engine->reconfigure(config, network.time.value));
  }

  // Small packets each way ten times a second.
  void traffic(Nanos duration) {
    for (Nanos at = 0; at < duration; at += 100 * MILLISECOND) {
      network.program(0, 1);
      network.program(1, 0);
      network.run(100 * MILLISECOND);
    }
  }

  std::optional<MtuSnapshot> mtu() {
    for (const auto& session : network.node(0).engine->sessions(network.time.value)) {
      if (session.role == SessionRole::ingress && session.state == SessionState::open) return session.mtu;
    }
    return std::nullopt;
  }

  void expect(std::size_t forward, std::size_t reverse, MtuState state = MtuState::complete) {
    const auto found = mtu();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->forward, forward);
    EXPECT_EQ(found->reverse, reverse);
    EXPECT_EQ(found->state, state);
  }

  SidList active() {
    for (const auto& session : network.node(0).engine->sessions(network.time.value)) {
      if (session.role == SessionRole::ingress && session.state == SessionState::open) return session.activeForward;
    }
    return {};
  }
};

std::string text(std::size_t packet) { return std::string(packet - 40, 'x'); }

std::vector<std::uint8_t> ipv4Packet(std::size_t size, bool dontFragment) {
  std::vector<std::uint8_t> packet(size);
  packet[0] = 0x45;
  store16(&packet[2], static_cast<std::uint16_t>(size));
  store16(&packet[4], 0x1234);
  packet[6] = dontFragment ? 0x40 : 0;
  packet[8] = 64;
  packet[9] = 17;
  store32(&packet[12], 0x0a000101);
  store32(&packet[16], 0x0a000201);
  for (std::size_t i = 20; i < size; ++i) packet[i] = static_cast<std::uint8_t>(i);
  store16(&packet[10], foldedChecksum(checksumOver(ByteView(packet).first(20))));
  return packet;
}

// 10.0.1.0/24 at node 0, 10.0.2.0/24 at node 1.
void addSites(VirtualNetwork& network) {
  for (std::size_t i = 0; i < 2; ++i) {
    EngineConfig& config = network.node(i).config;
    const auto site = [](std::size_t of) { return *IpPrefix::parse(of == 0 ? "10.0.1.0/24" : "10.0.2.0/24"); };
    config.localPrefixes.push_back(site(i));
    for (PeerConfig& peer : config.peers) {
      if (peer.sid == sidOf(1 - i)) peer.prefixes.push_back(site(1 - i));
    }
    ASSERT_FALSE(network.node(i).engine->reconfigure(config, network.time.value));
  }
}

TEST(PathMtu, aLinkOf1500IsFoundWithFourProbesInOneRoundTrip) {
  Narrow test;
  test.network.program(0, 1);
  ASSERT_TRUE(test.network.runUntil([&] { return test.network.node(1).delivered.size() == 1; }));
  ASSERT_TRUE(test.network.runUntil([&] { return test.mtu() && test.mtu()->state == MtuState::complete; }, SECOND));
  test.expect(1424, 1424);
  std::size_t large = 0;
  for (const auto& datagram : test.network.sent) large += datagram.octets.size() > 1280 ? 1 : 0;
  EXPECT_EQ(large, 4u) << "base and limit in each direction";
}

TEST(PathMtu, everyWidthIsFoundToWithinAStep) {
  for (const std::size_t link : {1492u, 1480u, 1420u, 1400u, 1357u, 1356u}) {
    SCOPED_TRACE(link);
    Narrow test;
    test.alone();
    test.both(0, 1, link);
    for (int i = 0; i < 40 && !(test.mtu() && test.mtu()->state == MtuState::complete); ++i) test.traffic(SECOND / 2);
    const std::size_t exact = payloadOf(link) - segmentPacketOverhead(1);
    test.expect(exact / 4 * 4, exact / 4 * 4);
    std::size_t large = 0;
    for (const auto& datagram : test.network.sent) large += datagram.octets.size() >= 1280 ? 1 : 0;
    EXPECT_LE(large, 2u * MOST_PROBES);
  }
}

TEST(PathMtu, theDirectionsAreFoundApart) {
  Narrow test;
  test.links[{0, 1}] = 1420;
  test.traffic(15 * SECOND);
  test.expect(1344, 1424);
  // The egress sends back what fits its own direction.
  test.network.node(1).delivered.clear();
  test.network.program(1, 0, text(1424));
  test.network.program(0, 1, text(1344));
  const auto before = test.network.node(0).delivered.size();
  test.network.run(SECOND);
  EXPECT_EQ(test.network.node(0).delivered.size(), before + 1);
  EXPECT_EQ(test.network.node(0).delivered.back().size(), 1424u);
  EXPECT_EQ(test.network.node(1).delivered.back().size(), 1344u);
}

TEST(PathMtu, theEgressIsToldOfItsDirection) {
  Narrow test;
  test.links[{1, 0}] = 1420;
  test.alone();
  test.traffic(15 * SECOND);
  test.expect(1424, 1344);
  test.network.node(1).delivered.clear();
  test.network.program(1, 0, text(1345));
  ASSERT_EQ(test.network.node(1).delivered.size(), 1u) << "packet too big, at once";
  const auto& answer = test.network.node(1).delivered[0];
  EXPECT_EQ(answer[40], 2);
  EXPECT_EQ(load32(&answer[44]), 1344u);
  const auto before = test.network.node(0).delivered.size();
  test.network.program(1, 0, text(1344));
  test.network.run(SECOND);
  EXPECT_EQ(test.network.node(0).delivered.size(), before + 1);
}

TEST(PathMtu, aPathThatBecomesNarrowerIsNoticedWithinSecondsAndAWiderOneInTenMinutes) {
  Narrow test;
  test.traffic(5 * SECOND);
  test.expect(1424, 1424);
  test.both(0, 1, 1420);
  test.traffic(5 * SECOND);
  ASSERT_TRUE(test.mtu());
  EXPECT_LE(test.mtu()->forward, 1344u);
  EXPECT_LE(test.mtu()->reverse, 1344u);
  test.traffic(15 * SECOND);
  test.expect(1344, 1344);
  test.links.clear();
  test.traffic(300 * SECOND);
  test.expect(1344, 1344);
  test.traffic(310 * SECOND);
  test.expect(1424, 1424);
}

TEST(PathMtu, randomLossIsNotTakenForANarrowPath) {
  Narrow test;
  std::mt19937 random(VirtualNetwork::SEED);
  const auto width = test.network.filter;
  test.network.filter = [&](SentDatagram& datagram) { return random() % 20 != 0 && width(datagram); };
  std::size_t below = 0;
  for (int i = 0; i < 300; ++i) {
    test.traffic(SECOND);
    const auto found = test.mtu();
    below += i > 20 && (!found || found->forward < 1424) ? 1 : 0;
  }
  EXPECT_LE(below, 30u) << "seed " << VirtualNetwork::SEED;
  EXPECT_TRUE(test.network.node(0).eventsOf<PathMtuEvent>().empty());
}

TEST(PathMtu, aDeadPathIsNotTakenForANarrowOne) {
  Narrow test;
  test.traffic(3 * SECOND);
  test.network.cutBoth(0, 1);
  test.traffic(20 * SECOND);
  EXPECT_TRUE(test.network.node(0).eventsOf<PathMtuEvent>().empty());
  test.expect(1424, 1424);
}

TEST(PathMtu, aLinkThatCarriesExactlyTheBaseIsUsed) {
  Narrow test;
  test.both(0, 1, 1280 + 48 + 28);
  test.traffic(10 * SECOND);
  test.expect(1280, 1280);
  const auto before = test.network.node(1).delivered.size();
  test.network.program(0, 1, text(1280));
  test.network.run(SECOND);
  EXPECT_EQ(test.network.node(1).delivered.size(), before + 1);
}

TEST(PathMtu, aPathBelowTheBaseIsLeftForTheStandbyAndNotTakenBack) {
  Narrow test({.nodes = 4});
  test.both(0, 2, 1200);
  test.network.setPolicy(0, test.network.policy(0, 1, {{2, 1}, {3, 1}}, {{2, 0}, {3, 0}}));
  test.traffic(10 * SECOND);
  EXPECT_EQ(test.active(), (SidList{sidOf(3), sidOf(1)}));
  const auto events = test.network.node(0).eventsOf<PathMtuEvent>();
  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(events[0].mtu, 0);
  EXPECT_EQ(events[0].endpoint, sidOf(1));
  EXPECT_FALSE(test.network.node(0).eventsOf<SwitchedEvent>().empty());
  const auto before = test.network.node(1).delivered.size();
  test.network.program(0, 1, text(1280));
  test.network.run(SECOND);
  EXPECT_EQ(test.network.node(1).delivered.size(), before + 1);
}

TEST(PathMtu, aConfigThatWantsANarrowPathDoesNotGetIt) {
  Narrow test({.nodes = 4});
  test.both(0, 2, 1200);
  test.network.setPolicy(0, test.network.policy(0, 1, {{2, 1}, {3, 1}}, {{2, 0}, {3, 0}}));
  test.traffic(10 * SECOND);
  auto policy = test.network.policy(0, 1, {{3, 1}, {2, 1}, {1}}, {{3, 0}, {2, 0}, {0}});
  policy.active = {1, 1};
  policy.standby = PairIndex{2, 2};
  test.network.setPolicy(0, policy);
  test.traffic(3 * SECOND);
  EXPECT_NE(test.active(), (SidList{sidOf(2), sidOf(1)}));
  EXPECT_FALSE(test.active().empty());
}

TEST(PathMtu, aComparisonCountsAPathBelowTheBaseAsLost) {
  Narrow test({.nodes = 4});
  test.both(0, 2, 1200);
  PathComparisonRequest request;
  request.id = 1;
  request.endpoint = sidOf(1);
  request.paths = {{{sidOf(2), sidOf(1)}, {sidOf(2), sidOf(0)}}, {{sidOf(3), sidOf(1)}, {sidOf(3), sidOf(0)}}};
  test.network.node(0).engine->comparePaths(request, test.network.time.value);
  ASSERT_TRUE(test.network.runUntil([&] { return !test.network.node(0).eventsOf<PathProbesDoneEvent>().empty(); }));
  const auto done = test.network.node(0).eventsOf<PathProbesDoneEvent>()[0];
  const auto answered = [&](std::size_t path) {
    return std::count_if(done.samples[path].begin(), done.samples[path].end(),
                         [](const auto& one) { return one.has_value(); });
  };
  EXPECT_EQ(answered(0), 0);
  EXPECT_EQ(answered(1), 10);
}

TEST(PathMtu, withNoEligiblePathPacketsAreRefusedUntilItCarriesTheBaseAgain) {
  Narrow test;
  test.alone();
  test.both(0, 1, 1200);
  test.traffic(5 * SECOND);
  ASSERT_TRUE(test.mtu());
  EXPECT_EQ(test.mtu()->state, MtuState::error);
  for (const std::size_t node : {0u, 1u}) {
    test.network.node(node).delivered.clear();
    const auto before = test.network.node(node).count(Counter::dropPathTooNarrow);
    test.network.program(node, 1 - node);
    test.network.run(SECOND);
    if (node == 1) continue;
    EXPECT_EQ(test.network.node(node).count(Counter::dropPathTooNarrow), before + 1);
    ASSERT_EQ(test.network.node(node).delivered.size(), 1u);
    EXPECT_EQ(test.network.node(node).delivered[0][40], 1) << "destination unreachable";
  }
  EXPECT_EQ(test.network.node(0).delivered.size() + test.network.node(1).delivered.size(), 1u);
  test.links.clear();
  test.traffic(60 * SECOND);
  test.expect(1424, 1424);
  EXPECT_EQ(test.network.node(0).eventsOf<PathMtuEvent>().back().mtu, BASE_MTU);
}

TEST(PathMtu, aSwitchNeverFindsAPacketTooLarge) {
  Narrow test({.nodes = 4});
  test.both(0, 3, 1450);
  test.network.setPolicy(0, test.network.policy(0, 1, {{2, 1}, {3, 1}}, {{2, 0}, {3, 0}}));
  test.traffic(20 * SECOND);
  ASSERT_EQ(test.active(), (SidList{sidOf(2), sidOf(1)}));
  const std::size_t standby = payloadOf(1450) - segmentPacketOverhead(2);
  test.network.node(0).delivered.clear();
  test.network.program(0, 1, text(standby / 4 * 4 + 1));
  ASSERT_EQ(test.network.node(0).delivered.size(), 1u);
  EXPECT_EQ(load32(&test.network.node(0).delivered[0][44]), standby / 4 * 4);
}

TEST(PathMtu, theDeviceIsAsWideAsTheWidestWay) {
  Narrow test({.nodes = 3});
  test.both(0, 1, 1420);
  test.traffic(20 * SECOND);
  EXPECT_EQ(test.network.node(0).deviceMtu, 1344u);
  test.network.program(0, 2);
  test.network.run(5 * SECOND);
  EXPECT_EQ(test.network.node(0).deviceMtu, 1424u);
}

TEST(PathMtu, anIpv6PacketThatIsTooLargeIsAnsweredOctetForOctet) {
  Narrow test;
  test.traffic(3 * SECOND);
  test.network.node(0).delivered.clear();
  const auto packet = ipv6Packet(overlayOf(0).address, overlayOf(1).address, text(1425));
  test.network.programRaw(0, packet);
  ASSERT_EQ(test.network.node(0).delivered.size(), 1u);
  const auto& answer = test.network.node(0).delivered[0];
  ASSERT_EQ(answer.size(), 1280u);
  std::vector<std::uint8_t> expected(1280);
  expected[0] = 0x60;
  store16(&expected[4], 1240);
  expected[6] = 58;
  expected[7] = 64;
  std::copy_n(overlayOf(0).address.octets.begin(), 16, expected.begin() + 8);
  std::copy_n(overlayOf(0).address.octets.begin(), 16, expected.begin() + 24);
  expected[40] = 2;
  store32(&expected[44], 1424);
  std::copy_n(packet.begin(), 1232, expected.begin() + 48);
  std::copy_n(answer.begin() + 42, 2, expected.begin() + 42);
  EXPECT_EQ(answer, expected);
  // RFC 4443, 2.3: the sum over pseudo-header and message, its checksum included, is all ones.
  EXPECT_EQ(foldedChecksum(
                checksumOver(ByteView(answer).subspan(40), checksumOver(ByteView(answer).subspan(8, 32), 1240 + 58))),
            0);
  EXPECT_EQ(test.network.node(0).count(Counter::icmpAnswers), 1u);
  EXPECT_EQ(test.network.node(0).count(Counter::dropTooBig), 1u);
}

TEST(PathMtu, answersAreRateLimited) {
  Narrow test;
  test.traffic(3 * SECOND);
  for (int i = 0; i < 1000; ++i) test.network.program(0, 1, text(1500));
  EXPECT_EQ(test.network.node(0).count(Counter::icmpAnswers), static_cast<std::uint64_t>(Lane::ICMP_BURST));
  EXPECT_EQ(test.network.node(0).count(Counter::dropTooBig), 1000u);
}

TEST(PathMtu, ipv4WithDfIsAnsweredAndWithoutIsCutAndArrivesWhole) {
  Narrow test;
  addSites(test.network);
  test.traffic(3 * SECOND);
  test.network.node(0).delivered.clear();
  test.network.node(1).delivered.clear();
  test.network.programRaw(0, ipv4Packet(1425, true));
  ASSERT_EQ(test.network.node(0).delivered.size(), 1u);
  const auto& answer = test.network.node(0).delivered[0];
  EXPECT_EQ(answer.size(), 576u);
  EXPECT_EQ(answer[20], 3);
  EXPECT_EQ(answer[21], 4);
  EXPECT_EQ(load16(&answer[26]), 1424) << "next-hop MTU, RFC 1191";
  EXPECT_EQ(foldedChecksum(checksumOver(ByteView(answer).first(20))), 0);
  EXPECT_EQ(foldedChecksum(checksumOver(ByteView(answer).subspan(20))), 0);
  EXPECT_EQ(load32(&answer[16]), 0x0a000101u);

  const auto packet = ipv4Packet(1900, false);
  test.network.programRaw(0, packet);
  test.network.run(SECOND);
  std::vector<std::uint8_t> whole(packet.size() - 20);
  ASSERT_EQ(test.network.node(1).delivered.size(), 2u);
  for (const auto& fragment : test.network.node(1).delivered) {
    EXPECT_LE(fragment.size(), 1424u);
    EXPECT_EQ(foldedChecksum(checksumOver(ByteView(fragment).first(20))), 0);
    const std::size_t offset = (load16(&fragment[6]) & 0x1fffu) * 8;
    EXPECT_EQ((fragment[6] & 0x20) != 0, offset + fragment.size() - 20 < whole.size());
    std::copy(fragment.begin() + 20, fragment.end(), whole.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  EXPECT_TRUE(std::equal(whole.begin(), whole.end(), packet.begin() + 20));
}

TEST(PathMtu, aReplacementOfTheSessionKnowsWhatWasFound) {
  Narrow test({.nodes = 2, .sessionLifetime = 20 * SECOND});
  test.both(0, 1, 1420);
  test.traffic(18 * SECOND);
  test.expect(1344, 1344);
  const auto first = test.network.node(0).engine->sessions(test.network.time.value)[0].session;
  const auto replaced = [&] {
    for (const auto& session : test.network.node(0).engine->sessions(test.network.time.value)) {
      if (session.role == SessionRole::ingress && session.session != first && session.mtu) return true;
    }
    return false;
  };
  for (int i = 0; i < 100 && !replaced(); ++i) test.traffic(100 * MILLISECOND);
  ASSERT_TRUE(replaced());
  for (const auto& session : test.network.node(0).engine->sessions(test.network.time.value)) {
    if (session.role != SessionRole::ingress || session.session == first) continue;
    EXPECT_EQ(session.mtu->forward, 1344u);
  }
}

}  // namespace
}  // namespace srwan::test
