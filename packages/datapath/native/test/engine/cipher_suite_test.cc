// Which cipher seals the data of a session, and that nobody in between has a say in it.
#include "virtual_network.h"

namespace srwan::test {
namespace {

// Exchanges data in both directions between nodes 0 and 1 over node 2, also over a rekey.
void exchange(VirtualNetwork& network) {
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  for (int i = 0; i < 30; ++i) {
    network.program(0, 1);
    network.run(100 * MILLISECOND);
    network.program(1, 0);
    network.run(100 * MILLISECOND);
  }
  network.run(SECOND);
  EXPECT_EQ(network.node(1).delivered.size(), 30u);
  EXPECT_EQ(network.node(0).delivered.size(), 30u);
  EXPECT_GE(network.node(0).count(Counter::rekeys), 2u);
  EXPECT_EQ(network.nonceRepeats, 0u);
}

// What both ends say that they seal with.
AeadSuite suiteOf(std::set<std::size_t> preferringChaCha) {
  VirtualNetwork network({.nodes = 3, .rekeyInterval = 2 * SECOND, .preferringChaCha = std::move(preferringChaCha)});
  exchange(network);
  const auto at = [&](std::size_t index) {
    for (const SessionSnapshot& session : network.node(index).engine->sessions(network.time.value)) {
      if (session.ingress == sidOf(0) && session.egress == sidOf(1)) return session.suite;
    }
    ADD_FAILURE() << "node " << index << " has no session";
    return std::optional<AeadSuite>{};
  };
  EXPECT_EQ(at(0), at(1));
  EXPECT_EQ(at(2), std::nullopt) << "a transit is told nothing";
  return at(0).value();
}

TEST(CipherSuite, aesIsUsedOnlyWhereBothEndsPreferIt) {
  EXPECT_EQ(suiteOf({}), AeadSuite::aes256Gcm);
  EXPECT_EQ(suiteOf({0}), AeadSuite::chaCha20Poly1305);
  EXPECT_EQ(suiteOf({1}), AeadSuite::chaCha20Poly1305);
  EXPECT_EQ(suiteOf({0, 1}), AeadSuite::chaCha20Poly1305);
  // What the transit prefers matters to nobody.
  EXPECT_EQ(suiteOf({2}), AeadSuite::aes256Gcm);
}

TEST(CipherSuite, theSuiteThatTheResponderNamesIsTheOneThatOpens) {
  for (const auto& [own, suite] : {std::pair(AeadSuite::aes256Gcm, AeadSuite::aes256Gcm),
                                   std::pair(AeadSuite::chaCha20Poly1305, AeadSuite::chaCha20Poly1305)}) {
    ChainKey chain;
    DataSender sender(Direction::forward, 7, 0, chain.clone(), 0, 10 * SECOND, own);
    DataReceiver receiver(chain.clone(), suite);
    DataReceiver other(chain.clone(),
                       suite == AeadSuite::aes256Gcm ? AeadSuite::chaCha20Poly1305 : AeadSuite::aes256Gcm);
    SenderPath path;
    path.path = SegmentPath::from({sidOf(1)});
    for (const Nanos now : {Nanos{0}, 25 * SECOND}) {
      std::vector<std::uint8_t> buffer(HEADROOM + 64 + TAILROOM);
      const ByteSpan sealed = datagramAround(path, buffer, 64);
      ASSERT_TRUE(sender.seal(path, sealed, now));
      std::vector<std::uint8_t> packet(sealed.begin(), sealed.end());
      const std::uint32_t epoch = sender.epoch(now);
      const auto hop = verifyHop(*SegmentPacketView::parse(packet), deriveHopKey(path.roots[0], epoch));
      ASSERT_TRUE(hop);
      advanceHop(*SegmentPacketView::parse(packet), *hop);
      std::vector<std::uint8_t> copy = packet;
      EXPECT_FALSE(openSegmentPacket(*SegmentPacketView::parse(copy), *other.opener(epoch)));
      EXPECT_TRUE(openSegmentPacket(*SegmentPacketView::parse(packet), *receiver.opener(epoch)));
    }
  }
}

}  // namespace
}  // namespace srwan::test
