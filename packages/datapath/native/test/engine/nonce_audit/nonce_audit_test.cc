// Whole engines, every seal of which is recorded: under nothing that a node goes through does a nonce repeat. A repeat
// aborts the process.
#include "wire/nonce_audit.h"

#include <thread>

#include "../virtual_network.h"

namespace srwan::test {
namespace {

// The seeded keys of one test are those of the next.
class ForgetBetweenTests final : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo&) override { forgetNonces(); }
};
[[maybe_unused]] const bool REGISTERED = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new ForgetBetweenTests);
  return true;
}();

class NonceAudit : public ::testing::Test {
 protected:
  // Both directions of 0 ↔ 1 over 2, with 3 as standby, packet by packet; `between` is called before each.
  static void exchange(VirtualNetwork& network, int packets, const std::function<void(int)>& between) {
    for (int i = 0; i < packets; ++i) {
      between(i);
      network.program(0, 1);
      network.program(1, 0);
      network.run(20 * MILLISECOND);
    }
  }

  static void usePaths(VirtualNetwork& network, bool swapped = false) {
    std::vector<std::vector<std::size_t>> forward{{2, 1}, {3, 1}};
    std::vector<std::vector<std::size_t>> reverse{{2, 0}, {3, 0}};
    if (swapped) std::swap(forward[0], forward[1]), std::swap(reverse[0], reverse[1]);
    network.setPolicy(0, network.policy(0, 1, forward, reverse));
  }

  // Times that the key epoch changed from one data packet of the node to its next.
  static std::uint64_t rekeys(const VirtualNetwork& network, std::size_t from) {
    std::uint64_t changes = 0;
    int last = 0;
    for (const SentDatagram& datagram : network.sent) {
      if (datagram.from != from || packetKind(datagram.octets) != PacketKind::dataForward) continue;
      const int epoch = datagram.octets[2] & 15;
      changes += epoch != last ? 1 : 0;
      last = epoch;
    }
    return changes;
  }
};

void sealTwice(AeadSuite first, AeadSuite second, std::uint64_t nonce) {
  AeadKey key;
  std::array<std::uint8_t, 40> buffer{};
  AeadSealer one(key, first);
  AeadSealer another(key, second);
  if (!one.seal(nonceFrom(1), {}, buffer) || !another.seal(nonceFrom(nonce), {}, buffer)) std::exit(2);
}

TEST_F(NonceAudit, aPlantedRepeatAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(sealTwice(AeadSuite::aes256Gcm, AeadSuite::aes256Gcm, 1), "nonce audit: a nonce was used twice");
  // The keys of a session are those of whatever suite it has.
  EXPECT_DEATH(sealTwice(AeadSuite::aes256Gcm, AeadSuite::chaCha20Poly1305, 1), "nonce audit");
  sealTwice(AeadSuite::aes256Gcm, AeadSuite::aes256Gcm, 2);
  EXPECT_EQ(noncesRecorded(), 2u);
}

TEST_F(NonceAudit, aSenderThatForgetsItsCounterIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto sealOnce = [] {
    DataSender sender(Direction::forward, 1, 0, ChainKey{}, 0, 10 * SECOND);
    SenderPath path;
    path.path = SegmentPath::from({sidOf(1)});
    std::vector<std::uint8_t> buffer(HEADROOM + 64 + TAILROOM);
    if (!sender.seal(path, datagramAround(path, buffer, 64), 0)) std::exit(2);
  };
  EXPECT_DEATH(
      {
        sealOnce();
        sealOnce();
      },
      "nonce audit");
}

TEST_F(NonceAudit, threadsRecordTogether) {
  std::vector<std::thread> threads;
  for (std::uint8_t i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      AeadKey key;
      key.span()[0] = i;
      AeadSealer sealer(key);
      std::array<std::uint8_t, 40> buffer{};
      for (std::uint64_t nonce = 0; nonce < 5000; ++nonce) EXPECT_TRUE(sealer.seal(nonceFrom(nonce), {}, buffer));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(noncesRecorded(), 20'000u);
}

TEST_F(NonceAudit, aReconfigureEachFewPackets) {
  VirtualNetwork network({.nodes = 4});
  network.configureAll();
  usePaths(network);
  exchange(network, 300, [&](int i) {
    if (i % 3 == 0) usePaths(network, i % 2 == 0);
    // The policy goes and comes back: the session closes, another opens.
    if (i % 50 == 49) network.configure(0), usePaths(network);
    // A member leaves and comes back with the same key.
    if (i % 60 == 59) {
      EngineConfig without = network.node(2).config;
      std::erase_if(without.peers, [](const PeerConfig& peer) { return peer.sid == sidOf(0); });
      std::erase_if(without.policies, [](const PolicyConfig& policy) { return policy.endpoint == sidOf(0); });
      ASSERT_FALSE(network.node(2).engine->reconfigure(without, network.time.value));
      ASSERT_FALSE(network.node(2).engine->reconfigure(network.node(2).config, network.time.value));
    }
  });
  EXPECT_GE(network.node(1).delivered.size(), 100u);
  EXPECT_GE(noncesRecorded(), 600u);
}

TEST_F(NonceAudit, restartsOfEachNode) {
  VirtualNetwork network({.nodes = 4});
  network.configureAll();
  usePaths(network);
  exchange(network, 240, [&](int i) {
    if (i % 30 != 29) return;
    network.restart(static_cast<std::size_t>(i / 30) % 4);
    network.configureAll();
    usePaths(network);
  });
  EXPECT_GE(network.node(1).delivered.size() + network.node(0).delivered.size(), 20u);
}

TEST_F(NonceAudit, pathSwapsFailoversAndNewEndpoints) {
  VirtualNetwork network({.nodes = 4});
  network.configureAll();
  usePaths(network);
  network.run(SECOND);
  exchange(network, 800, [&](int i) {
    if (i % 400 == 50) network.cutBoth(0, i < 400 ? 2 : 3);
    if (i % 400 == 350) network.mend();
    if (i % 400 == 0) usePaths(network, i == 400);
    if (i % 100 == 5 || i % 100 == 10) {
      // A member roams: another address, the same key.
      EngineConfig& config = network.node(0).config;
      for (PeerConfig& peer : config.peers) peer.endpoint.address[3] = static_cast<std::uint8_t>(i % 100 == 5 ? 77 : 1);
      ASSERT_FALSE(network.node(0).engine->reconfigure(config, network.time.value));
    }
  });
  EXPECT_GE(network.node(0).count(Counter::pathSwitches), 1u);
  EXPECT_GE(network.node(1).delivered.size(), 100u);
}

TEST_F(NonceAudit, rekeysEach100MsInBothSuites) {
  for (const bool chaCha : {false, true}) {
    VirtualNetwork network({.nodes = 4, .rekeyInterval = 100 * MILLISECOND});
    if (chaCha) network.options.preferringChaCha = {0}, network.time.value += SECOND, network.restart(0);
    network.configureAll();
    usePaths(network);
    exchange(network, 600, [&](int i) {
      if (i % 20 == 0) usePaths(network, i % 40 == 0);
    });
    EXPECT_GE(rekeys(network, 0), 100u);
    EXPECT_GE(network.node(1).delivered.size(), 500u);
    forgetNonces();
  }
}

TEST_F(NonceAudit, lanesThatSealBesideEachOther) {
  constexpr unsigned LANES = 4;
  constexpr int PACKETS = 1000;
  VirtualNetwork network({.nodes = 4, .rekeyInterval = SECOND, .lanes = LANES});
  network.configureAll();
  usePaths(network);
  VirtualNode& ingress = network.node(0);
  std::uint64_t sealed = 0;
  for (int round = 0; round < 12; ++round) {
    // Alone: the session opens, paths change places, keys are ratcheted.
    usePaths(network, round % 2 == 1);
    network.program(0, 1);
    network.run(400 * MILLISECOND);
    ingress.unplugged = true;
    ingress.sentUnplugged = 0;
    std::vector<std::thread> threads;
    for (unsigned index = 0; index < LANES; ++index) {
      Lane& lane = ingress.engine->lane(index);
      lane.now = network.time.value;
      threads.emplace_back([&] {
        const auto packet = ipv6Packet(overlayOf(0).address, overlayOf(1).address, "beside");
        std::vector<std::uint8_t> buffer(HEADROOM + packet.size() + TAILROOM);
        for (int i = 0; i < PACKETS; ++i) {
          std::copy(packet.begin(), packet.end(), buffer.begin() + HEADROOM);
          (void)ingress.engine->tryTun(lane, buffer, packet.size(), {});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    sealed += ingress.sentUnplugged;
    ingress.unplugged = false;
  }
  // In a round or two the control part has something to say first.
  EXPECT_GE(sealed, 9u * LANES * PACKETS);
  EXPECT_GE(noncesRecorded(), sealed);
  EXPECT_GE(rekeys(network, 0), 4u);
}

TEST_F(NonceAudit, sessionsThatReplaceOneAnother) {
  VirtualNetwork network({.nodes = 4, .rekeyInterval = 500 * MILLISECOND, .sessionLifetime = SECOND});
  network.configureAll();
  usePaths(network);
  exchange(network, 500, [](int) {});
  EXPECT_GE(network.node(0).count(Counter::sessionsOpened), 8u);
  EXPECT_GE(network.node(1).delivered.size(), 450u);
}

TEST_F(NonceAudit, lossOnEveryWay) {
  VirtualNetwork network({.nodes = 4, .rekeyInterval = SECOND, .sessionLifetime = 3 * SECOND});
  SeededRandom dice(VirtualNetwork::SEED);
  network.filter = [&](SentDatagram&) { return dice.next32() % 5 != 0; };
  network.configureAll();
  usePaths(network);
  exchange(network, 500, [&](int i) {
    if (i % 7 == 0) usePaths(network, i % 14 == 0);
  });
  EXPECT_GE(network.node(1).delivered.size(), 100u);
}

TEST_F(NonceAudit, cookiesUnderLoad) {
  VirtualNetwork network({.nodes = 2});
  network.configureAll();
  SeededRandom noise(VirtualNetwork::SEED);
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::uint8_t> packet(INITIATION_PACKET_OCTETS);
    noise.fill(packet);
    ASSERT_TRUE(writeHandshakeHeader({HandshakeMessage::initiation, keyId(network.node(0).keys.publicKey()),
                                      keyId(network.node(1).keys.publicKey()), noise.nextNonZero32(), sidOf(0)},
                                     packet));
    writeMacs(packet, mac1Key(network.node(1).keys.publicKey()));
    network.inject(1, packet);
    if (i % 10 == 0) network.run(MILLISECOND);
  }
  EXPECT_GE(network.node(1).count(Counter::cookiesSent), 1000u);
  EXPECT_GE(noncesRecorded(), 1000u);
}

}  // namespace
}  // namespace srwan::test
