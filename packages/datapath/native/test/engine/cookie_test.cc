// A responder that is flooded with handshakes: what it computes is bounded, and members still get in.
#include "virtual_network.h"

namespace srwan::test {
namespace {

// Node 1 is flooded; node 0 wants a session with it.
struct Flooded {
  VirtualNetwork network{{.nodes = 3}};
  SeededRandom noise{VirtualNetwork::SEED};
  std::uint32_t flooded = 0;

  Flooded() { network.configureAll(); }

  VirtualNode& victim() { return network.node(1); }

  // An initiation with a valid mac1 that names a member; only Diffie–Hellman tells that it is forged.
  std::vector<std::uint8_t> forged() {
    std::vector<std::uint8_t> packet(INITIATION_PACKET_OCTETS);
    noise.fill(packet);
    EXPECT_TRUE(writeHandshakeHeader({HandshakeMessage::initiation, keyId(network.node(2).keys.publicKey()),
                                      keyId(victim().keys.publicKey()), noise.nextNonZero32(), sidOf(2)},
                                     packet));
    writeMacs(packet, mac1Key(victim().keys.publicKey()));
    return packet;
  }

  UnderlayEndpoint spoofed() {
    UnderlayEndpoint from = *UnderlayEndpoint::parse("198.51.100.1", 7);
    store32(from.address.data(), noise.nextNonZero32());
    from.port = static_cast<std::uint16_t>(noise.next32());
    ++flooded;
    return from;
  }

  // 5,000 initiations a second for so long, unless `done` comes first.
  bool flood(
      Nanos duration, const std::function<bool()>& done = [] { return false; }) {
    for (const Nanos end = network.time.value + duration; network.time.value < end && !done();) {
      for (int i = 0; i < 5; ++i) network.inject(1, forged(), spoofed());
      network.run(MILLISECOND);
    }
    return done();
  }

  // Initiations for which it computed Diffie–Hellman: each fails to authenticate, or is counted as received.
  std::uint64_t computed() { return victim().count(Counter::dropAuthentication) + responses(); }
  std::uint64_t responses() const {
    std::uint64_t count = 0;
    for (const SentDatagram& datagram : network.sent) {
      const auto view = parseHandshake(datagram.octets);
      count += datagram.from == 1 && view && view->header.message == HandshakeMessage::response ? 1 : 0;
    }
    return count;
  }

  SentDatagram last(std::size_t from, HandshakeMessage message) const {
    for (auto at = network.sent.rbegin(); at != network.sent.rend(); ++at) {
      const auto view = parseHandshake(at->octets);
      if (at->from == from && view && view->header.message == message) return *at;
    }
    return {};
  }
};

TEST(Cookies, aFloodFromForgedAddressesCostsAlmostNoDiffieHellman) {
  Flooded test;
  test.flood(3 * SECOND);
  EXPECT_EQ(test.flooded, 15'000u);
  EXPECT_LE(test.computed(), static_cast<std::uint64_t>(CookieGuard::LOAD_BURST + 5));
  EXPECT_GE(test.victim().count(Counter::dropCookie), 14'000u);
  EXPECT_EQ(test.victim().count(Counter::cookiesSent), test.victim().count(Counter::dropCookie));
  // No amplification: less than half of what came.
  EXPECT_LT(test.network.strayOctets * 2, test.flooded * INITIATION_PACKET_OCTETS);
  EXPECT_EQ(test.victim().engine->sessions(test.network.time.value).size(), 0u);
}

TEST(Cookies, aMemberAtARealAddressGetsInWhileTheFloodGoesOn) {
  Flooded test;
  test.flood(500 * MILLISECOND);
  test.network.program(0, 1, "through the flood");
  const Nanos asked = test.network.time.value;
  ASSERT_TRUE(test.flood(2 * SECOND, [&] { return test.victim().delivered.size() == 1; }));
  EXPECT_LT(test.network.time.value - asked, 200 * MILLISECOND) << "one round trip more than without";
  EXPECT_GE(test.victim().count(Counter::cookiesSent), 1u);
  EXPECT_LE(test.computed(), static_cast<std::uint64_t>(CookieGuard::LOAD_BURST + 10));
}

TEST(Cookies, theCookieServesTheNextSessionsToo) {
  Flooded test;
  test.flood(300 * MILLISECOND);
  test.network.program(0, 1);
  ASSERT_TRUE(test.flood(2 * SECOND, [&] { return test.victim().delivered.size() == 1; }));
  const auto replies = [&] {
    std::size_t count = 0;
    for (const SentDatagram& datagram : test.network.sent)
      count += datagram.to == 0 && datagram.octets.size() == COOKIE_REPLY_OCTETS ? 1 : 0;
    return count;
  };
  EXPECT_EQ(replies(), 1u);
  for (int i = 0; i < 3; ++i) {
    EngineConfig without = test.network.node(0).config;
    without.policies.clear();
    ASSERT_FALSE(test.network.node(0).engine->reconfigure(without, test.network.time.value));
    ASSERT_FALSE(test.network.node(0).engine->reconfigure(test.network.node(0).config, test.network.time.value));
    test.network.program(0, 1);
    const auto before = test.victim().delivered.size();
    ASSERT_TRUE(test.flood(SECOND, [&] { return test.victim().delivered.size() == before + 1; }));
  }
  EXPECT_EQ(replies(), 1u);
}

TEST(Cookies, loadEndsASecondAfterTheFlood) {
  Flooded test;
  test.flood(300 * MILLISECOND);
  test.network.run(1100 * MILLISECOND);
  const auto before = test.victim().count(Counter::cookiesSent);
  test.network.program(0, 1);
  ASSERT_TRUE(test.network.runUntil([&] { return test.victim().delivered.size() == 1; }, 100 * MILLISECOND));
  EXPECT_EQ(test.victim().count(Counter::cookiesSent), before);
}

TEST(Cookies, anotherAddressCannotUseAMembersProof) {
  Flooded test;
  test.flood(300 * MILLISECOND);
  test.network.filter = [](SentDatagram& datagram) {
    const auto view = parseHandshake(datagram.octets);
    return !view || view->header.message != HandshakeMessage::initiation || !hasMac2(datagram.octets);
  };
  test.network.program(0, 1);
  test.flood(50 * MILLISECOND);
  const auto proven = test.last(0, HandshakeMessage::initiation).octets;
  ASSERT_TRUE(hasMac2(proven));
  const auto computed = test.computed();
  UnderlayEndpoint otherPort = VirtualNetwork::endpointOf(0);
  ++otherPort.port;
  test.network.inject(1, proven, otherPort);
  test.network.inject(1, proven);
  EXPECT_EQ(test.computed(), computed);
  test.network.inject(1, proven, VirtualNetwork::endpointOf(0));
  EXPECT_EQ(test.computed(), computed + 1);
}

TEST(Cookies, aSecretIsTakenUntilTheSecondOneAfterIt) {
  Flooded test;
  test.flood(300 * MILLISECOND);
  const auto initiation = test.forged();
  const auto ask = [&](Nanos later) {
    test.network.run(later);
    test.flood(200 * MILLISECOND);
    auto proven = initiation;
    const auto view = parseHandshake(initiation);
    const auto before = test.network.sent.size();
    test.network.inject(1, proven, VirtualNetwork::endpointOf(0));
    for (std::size_t i = before; i < test.network.sent.size(); ++i) {
      const SentDatagram& datagram = test.network.sent[i];
      if (datagram.octets.size() != COOKIE_REPLY_OCTETS || datagram.to != 0) continue;
      AeadOpener opener(cookieReplyKey(test.victim().keys.publicKey()));
      const auto cookie = openCookieReply(opener, datagram.octets, mac1Of(initiation));
      EXPECT_TRUE(cookie);
      writeMac2(proven, *cookie);
      return proven;
    }
    ADD_FAILURE() << "no cookie for session " << view->header.session;
    return proven;
  };
  const auto proven = ask(0);
  const auto admitted = [&] {
    const auto computed = test.computed();
    test.network.inject(1, proven, VirtualNetwork::endpointOf(0));
    return test.computed() == computed + 1;
  };
  EXPECT_TRUE(admitted());
  EXPECT_NE(ask(121 * SECOND), proven) << "a new secret";
  EXPECT_TRUE(admitted()) << "made with the secret before";
  ask(121 * SECOND);
  EXPECT_FALSE(admitted());
}

TEST(Cookies, forgedAndReplayedCookieRepliesChangeNothing) {
  Flooded test;
  test.flood(300 * MILLISECOND);
  test.network.cut(1, 0);
  test.network.program(0, 1);
  test.network.run(50 * MILLISECOND);
  const auto truth = test.last(1, HandshakeMessage::cookieReply).octets;
  ASSERT_FALSE(truth.empty());
  VirtualNode& ingress = test.network.node(0);
  const auto initiations = [&] { return ingress.count(Counter::handshakeTxPackets); };
  const auto before = initiations();
  // Whoever saw no initiation cannot make one, whatever else it knows.
  auto blind = truth;
  AeadSealer sealer(cookieReplyKey(test.victim().keys.publicKey()));
  ASSERT_TRUE(sealCookieReply(sealer, test.noise, parseHandshake(truth)->header,
                              std::array<std::uint8_t, HANDSHAKE_MAC_OCTETS>{}, Cookie{1}, blind));
  test.network.inject(0, blind);
  EXPECT_EQ(ingress.count(Counter::dropAuthentication), 1u);
  auto otherSession = truth;
  otherSession[4] ^= 1;
  test.network.inject(0, otherSession);
  EXPECT_EQ(ingress.count(Counter::dropUnknownSession), 1u);
  auto otherSender = truth;
  store64(&otherSender[8], sidOf(2));
  test.network.inject(0, otherSender);
  auto otherKey = truth;
  otherKey[2] ^= 1;
  test.network.inject(0, otherKey);
  EXPECT_EQ(ingress.count(Counter::dropUnknownKey), 1u);
  EXPECT_EQ(initiations(), before);
  test.network.inject(0, truth);
  EXPECT_EQ(initiations(), before + 1) << "the true one is followed at once";
  EXPECT_TRUE(hasMac2(test.last(0, HandshakeMessage::initiation).octets));
  for (int i = 0; i < 5; ++i) test.network.inject(0, truth);
  EXPECT_EQ(initiations(), before + 1) << "and no other after it";
}

TEST(Cookies, aResponderThatOnlySendsCookiesIsAskedTwiceAnAttempt) {
  Flooded test;
  // Whatever the cookie proves, the answer is another cookie.
  test.network.filter = [&](SentDatagram& datagram) {
    const auto view = parseHandshake(datagram.octets);
    if (!view || view->header.message != HandshakeMessage::initiation || datagram.from != 0) return true;
    std::vector<std::uint8_t> reply(COOKIE_REPLY_OCTETS);
    AeadSealer sealer(cookieReplyKey(test.victim().keys.publicKey()));
    EXPECT_TRUE(sealCookieReply(sealer, test.noise,
                                {HandshakeMessage::cookieReply, view->header.receiverKeyId, view->header.senderKeyId,
                                 view->header.session, sidOf(1)},
                                mac1Of(datagram.octets), Cookie{9}, reply));
    datagram.octets = reply;
    std::swap(datagram.from, datagram.to);
    return true;
  };
  test.network.program(0, 1);
  test.network.run(14 * SECOND);
  EXPECT_EQ(test.network.node(0).count(Counter::sessionsFailed), 1u);
  EXPECT_EQ(test.network.node(0).count(Counter::handshakeTxPackets), 10u);
}

TEST(Cookies, aRelayedInitiationNeedsNone) {
  Flooded test;
  test.network.cutBoth(0, 1);
  test.flood(300 * MILLISECOND);
  test.network.program(0, 1);
  // The first attempt is lost; the repetition goes through node 2.
  ASSERT_TRUE(test.flood(2 * SECOND, [&] { return test.victim().count(Counter::handshakeRxPackets) >= 1; }));
}

TEST(Cookies, forgedResponsesToOneSessionAreRateLimited) {
  Flooded test;
  test.network.cut(1, 0);
  test.network.program(0, 1);
  test.network.run(50 * MILLISECOND);
  auto response = test.last(1, HandshakeMessage::response).octets;
  ASSERT_FALSE(response.empty());
  for (int i = 0; i < 100; ++i) {
    auto forged = response;
    forged[20] ^= static_cast<std::uint8_t>(1 + i);
    writeMacs(forged, mac1Key(test.network.node(0).keys.publicKey()));
    test.network.inject(0, forged);
  }
  EXPECT_EQ(test.network.node(0).count(Counter::dropAuthentication),
            static_cast<std::uint64_t>(IngressSession::ANSWER_BURST));
  EXPECT_EQ(test.network.node(0).count(Counter::dropRateLimited),
            100 - static_cast<std::uint64_t>(IngressSession::ANSWER_BURST));
  test.network.run(200 * MILLISECOND);
  test.network.inject(0, response);
  EXPECT_EQ(test.network.node(0).count(Counter::sessionsOpened), 1u) << "the true one still opens it";
}

}  // namespace
}  // namespace srwan::test
