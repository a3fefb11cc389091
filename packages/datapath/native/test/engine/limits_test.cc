// The bounds of what strangers and members may make a node hold or answer.
#include "virtual_network.h"

namespace srwan::test {
namespace {

TEST(Limits, aTableOfSessionsIsFullAt65536) {
  SessionTable table;
  for (std::uint32_t id = 1; id <= MAX_SESSIONS; ++id) {
    ASSERT_FALSE(table.full());
    table.add(std::make_unique<Session>(SessionRole::transit, id, 1));
  }
  EXPECT_TRUE(table.full());
  EXPECT_EQ(table.size(), 65'536u);
  table.remove(7);
  EXPECT_FALSE(table.full());
}

// One transit alone, and members whose pair-keyed packets the test seals itself.
class CrowdedTransit final : public Output {
 public:
  struct Member {
    KeyPair keys;
    AeadSealer sealer;
    AeadOpener opener;
    std::uint64_t counter = 0;
    std::map<AnswerCode, std::uint32_t> answers;
  };

  explicit CrowdedTransit(std::size_t members) : engine_(init(), {keys_, random_, clock_, {{*this, counters_}}}) {
    EngineConfig config;
    config.transit = true;
    for (std::size_t i = 0; i < members; ++i) {
      KeyPair keys = KeyPair::generate(random_);
      const auto pair = derivePairKeys("test", keys, keys_.publicKey());
      PeerConfig peer;
      peer.sid = sidOf(i);
      peer.publicKey = keys.publicKey();
      peer.endpoint = *UnderlayEndpoint::parse("192.0.2.1", static_cast<std::uint16_t>(1000 + i));
      config.peers.push_back(peer);
      this->members.push_back({std::move(keys), AeadSealer(pair->sending), AeadOpener(pair->receiving), 0, {}});
    }
    EXPECT_FALSE(engine_.reconfigure(config, time_.value));
  }

  void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) override {
    if (packetKind(datagram) != PacketKind::sessionControl) return;
    std::vector<std::uint8_t> packet(datagram.begin(), datagram.end());
    Member& member = members[to.port - 1000u];
    const auto body = openPairPacket(packet, member.opener);
    ASSERT_TRUE(body);
    ++member.answers[std::get<AnswerMessage>(*decodeControl(*body)).code];
  }
  ByteSpan reserve(std::size_t size) override { return ByteSpan(reserved_).first(size); }
  void writeTun(ByteView) override {}
  void event(Event&&) override {}

  void open(std::size_t from, std::uint32_t session) {
    OpenMessage message;
    message.forward = true;
    message.session = session;
    message.egress = sidOf(500);
    message.rekeyIntervalMs = 120'000;
    message.remainingMs = 3'600'000;
    message.sequence = 1;
    std::array<std::uint8_t, PAIR_OVERHEAD + OPEN_OCTETS> packet;
    ASSERT_EQ(encodeOpen(message, ByteSpan(packet).subspan(PAIR_HEADER_OCTETS)), OPEN_OCTETS);
    Member& member = members[from];
    const PairHeader header{PacketKind::sessionControl, keyId(member.keys.publicKey()), keyId(keys_.publicKey()),
                            sidOf(from), member.counter++};
    ASSERT_TRUE(sealPairPacket(packet, header, member.sealer));
    engine_.onDatagram(packet, VirtualNetwork::endpointOf(from), time_.value, clock_.now());
  }

  std::size_t held() { return engine_.sessions(time_.value).size(); }

  std::vector<Member> members;

 private:
  static EngineInit init() {
    EngineInit init;
    init.networkId = "test";
    init.sid = 0x77;
    return init;
  }

  std::array<std::uint8_t, MAX_UDP_PAYLOAD> reserved_{};
  VirtualTime time_;
  SeededRandom random_{VirtualNetwork::SEED};
  KeyPair keys_ = KeyPair::generate(random_);
  Counters counters_;
  MeasuringClock clock_{time_, 1};
  Engine engine_;
};

TEST(Limits, aTransitHolds256SessionsOfOneIngressAnd65536InAll) {
  constexpr std::size_t MEMBERS = MAX_SESSIONS / MAX_SESSIONS_PER_INGRESS + 1;
  CrowdedTransit transit(MEMBERS);
  std::uint32_t id = 0;
  for (std::uint32_t i = 0; i < MAX_SESSIONS_PER_INGRESS + 10; ++i) transit.open(0, ++id);
  EXPECT_EQ(transit.members[0].answers[AnswerCode::ok], 256u);
  EXPECT_EQ(transit.members[0].answers[AnswerCode::limit], 10u);
  for (std::size_t member = 1; member < MEMBERS; ++member) {
    for (std::uint32_t i = 0; i < MAX_SESSIONS_PER_INGRESS; ++i) transit.open(member, ++id);
  }
  EXPECT_EQ(transit.held(), MAX_SESSIONS);
  EXPECT_EQ(transit.members[MEMBERS - 2].answers[AnswerCode::ok], 256u);
  // The last member finds no place, and an authenticated answer says so.
  EXPECT_EQ(transit.members[MEMBERS - 1].answers[AnswerCode::limit], 256u);
}

TEST(Limits, answersToOpenAndPathsAreRateLimitedPerMember) {
  CrowdedTransit transit(2);
  for (int i = 0; i < 3000; ++i) transit.open(0, 1);
  EXPECT_EQ(transit.members[0].answers[AnswerCode::ok], static_cast<std::uint32_t>(Peer::CONTROL_BURST));
  transit.open(1, 2);
  EXPECT_EQ(transit.members[1].answers[AnswerCode::ok], 1u) << "another member is served";
}

TEST(Limits, aRelayThatFloodsItsMemberIsCutToItsOwnLimit) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.run(SECOND);
  const auto keys = derivePairKeys("test", network.node(2).keys, network.node(1).keys.publicKey());
  AeadSealer sealer(keys->sending);
  const auto before = network.node(1).count(Counter::dropRateLimited);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, PAIR_OVERHEAD + RELAY_FIXED_OCTETS + INITIATION_PACKET_OCTETS> packet{};
    const ByteSpan body = ByteSpan(packet).subspan(PAIR_HEADER_OCTETS, packet.size() - PAIR_OVERHEAD);
    ASSERT_TRUE(encodeRelayHead(RelayStage::fromRelay, sidOf(1), sidOf(0), body));
    const ByteSpan inner = body.subspan(RELAY_FIXED_OCTETS);
    ASSERT_TRUE(writeHandshakeHeader({HandshakeMessage::initiation, keyId(network.node(0).keys.publicKey()),
                                      keyId(network.node(1).keys.publicKey()), 9, sidOf(0)},
                                     inner));
    writeMacs(inner, mac1Key(network.node(1).keys.publicKey()));
    const PairHeader header{PacketKind::relayed, keyId(network.node(2).keys.publicKey()),
                            keyId(network.node(1).keys.publicKey()), sidOf(2), 100'000 + i};
    ASSERT_TRUE(sealPairPacket(packet, header, sealer));
    network.inject(1, {packet.begin(), packet.end()});
  }
  EXPECT_EQ(network.node(1).count(Counter::dropRateLimited) - before, 900u);
  EXPECT_EQ(network.node(1).count(Counter::dropAuthentication), 100u) << "Diffie–Hellman computed";
  // Whoever comes directly is not held up.
  network.program(0, 1);
  EXPECT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }, 200 * MILLISECOND));
}

TEST(Limits, anEgressThatClosesEverySessionGetsNoNewOneForAWhile) {
  VirtualNetwork network({});
  network.configureAll();
  const auto keys = derivePairKeys("test", network.node(1).keys, network.node(0).keys.publicKey());
  AeadSealer sealer(keys->sending);
  std::uint64_t counter = 100'000;
  for (int i = 0; i < 200; ++i) {
    network.program(0, 1);
    network.run(30 * MILLISECOND);
    for (const SessionSnapshot& session : network.node(0).engine->sessions(network.time.value)) {
      std::array<std::uint8_t, PAIR_OVERHEAD + CLOSE_OCTETS> packet;
      ASSERT_EQ(encodeClose({0, session.session}, ByteSpan(packet).subspan(PAIR_HEADER_OCTETS)), CLOSE_OCTETS);
      ASSERT_TRUE(sealPairPacket(packet,
                                 {PacketKind::sessionControl, keyId(network.node(1).keys.publicKey()),
                                  keyId(network.node(0).keys.publicKey()), sidOf(1), counter++},
                                 sealer));
      network.inject(0, {packet.begin(), packet.end()});
    }
  }
  // 6 s: the burst, and what came back by then; without the limit there would be 200.
  EXPECT_LE(network.node(0).eventsOf<SessionEvent>().size(), 2u * (Peer::CLOSE_BURST + 10));
  EXPECT_GE(network.node(0).eventsOf<SessionEvent>().size(), 2u * Peer::CLOSE_BURST);
}

}  // namespace
}  // namespace srwan::test
