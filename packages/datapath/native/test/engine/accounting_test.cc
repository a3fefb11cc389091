// What every hop counts, against a tally of the test's own of what was on the wires.
#include "virtual_network.h"
#include "wire/echo.h"

namespace srwan::test {
namespace {

constexpr std::size_t INGRESS = 0;
constexpr std::size_t EGRESS = 4;

struct Wires {
  double loss = 0;
  double duplication = 0;
  double replay = 0;
  Nanos jitter = 0;
};

struct Sums {
  std::uint64_t forward = 0;
  std::uint64_t reverse = 0;
  void add(const SessionSnapshot& snapshot) {
    forward += snapshot.forwardOctets;
    reverse += snapshot.reverseOctets;
  }
};

bool isSegment(const SentDatagram& datagram, Direction direction) {
  return packetKind(datagram.octets) ==
         (direction == Direction::forward ? PacketKind::dataForward : PacketKind::dataReverse);
}

// One session from 0 over 1 and 2, or over 3, to 4.
class Accounting : public ::testing::Test {
 protected:
  void build(Nanos rekey, const Wires& wires) {
    NetworkOptions options;
    options.nodes = 5;
    options.rekeyInterval = rekey;
    network = std::make_unique<VirtualNetwork>(options);
    network->configureAll();
    random.seed(VirtualNetwork::SEED);
    network->copies = [this, wires](const SentDatagram& sent) { return copiesOf(sent, wires); };
    choose(false);
  }

  std::vector<Nanos> copiesOf(const SentDatagram& sent, const Wires& wires) {
    const auto chance = [&](double part) { return std::uniform_real_distribution<>(0, 1)(random) < part; };
    const auto delay = [&] {
      return network->options.delay + (wires.jitter == 0 ? 0 : static_cast<Nanos>(random() % wires.jitter));
    };
    if (chance(wires.loss)) return {};
    std::vector<Nanos> delays{delay()};
    if (chance(wires.duplication)) delays.push_back(delay());
    if (chance(wires.replay)) delays.push_back(2 * SECOND + delay());
    for (const Direction direction : {Direction::forward, Direction::reverse}) {
      const bool atEnd = sent.to == (direction == Direction::forward ? EGRESS : INGRESS);
      if (atEnd && isSegment(sent, direction))
        (direction == Direction::forward ? arrived.forward : arrived.reverse) += sent.octets.size();
    }
    return delays;
  }

  void choose(bool other) {
    auto policy = network->policy(INGRESS, EGRESS, {{1, 2, 4}, {3, 4}}, {{2, 1, 0}, {3, 0}});
    if (other) {
      policy.active = {1, 1};
      policy.standby = PairIndex{0, 0};
    }
    network->setPolicy(INGRESS, policy);
  }

  void exchange(Nanos duration) {
    const Nanos end = network->time.value + duration;
    while (network->time.value < end) {
      network->program(INGRESS, EGRESS, std::string(1 + random() % 900, 'f'));
      if (random() % 2 == 0) network->program(EGRESS, INGRESS, std::string(1 + random() % 400, 'r'));
      network->run(5 * MILLISECOND);
    }
  }

  // The transit starts again, and everybody hears of its new key.
  void restartTransit(std::size_t index) {
    for (const SessionSnapshot& last : network->node(index).engine->sessions(network->time.value))
      before[index].add(last);
    network->restart(index);
    network->configure(index);
    for (std::size_t other = 0; other < network->nodes.size(); ++other) {
      if (other == index) continue;
      auto& node = network->node(other);
      for (PeerConfig& peer : node.config.peers) {
        if (peer.sid == sidOf(index)) peer = network->peerConfig(other, index);
      }
      ASSERT_FALSE(node.engine->reconfigure(node.config, network->time.value));
    }
  }

  SessionSnapshot at(std::size_t index) {
    for (SessionSnapshot& snapshot : network->node(index).engine->sessions(network->time.value)) {
      if (snapshot.ingress == sidOf(INGRESS) && snapshot.egress == sidOf(EGRESS)) return snapshot;
    }
    return {};
  }

  Sums carried(std::size_t transit) {
    Sums sums = before[transit];
    sums.add(at(transit));
    return sums;
  }

  std::uint64_t onWires(std::size_t from, Direction direction) const {
    std::uint64_t octets = 0;
    for (const SentDatagram& sent : network->sent)
      octets += sent.from == from && isSegment(sent, direction) ? sent.octets.size() : 0;
    return octets;
  }

  static std::uint64_t sum(const SessionSnapshot& snapshot, Direction direction,
                           std::optional<std::uint64_t> PathSnapshot::*what, Sid over = NO_SID) {
    std::uint64_t octets = 0;
    for (const PathSnapshot& path : snapshot.paths) {
      const bool wanted = over == NO_SID || std::count(path.segments.begin(), path.segments.end(), over) > 0;
      if (path.direction == direction && wanted) octets += (path.*what).value_or(0);
    }
    return octets;
  }

  // What both ends say fits the wires and each other, to the octet.
  void expectEndsAgree() {
    const SessionSnapshot ingress = at(INGRESS);
    const SessionSnapshot egress = at(EGRESS);
    EXPECT_EQ(ingress.forwardOctets, onWires(INGRESS, Direction::forward));
    EXPECT_EQ(sum(ingress, Direction::forward, &PathSnapshot::sent), ingress.forwardOctets);
    EXPECT_EQ(egress.forwardOctets, arrived.forward);
    EXPECT_EQ(sum(egress, Direction::forward, &PathSnapshot::received), egress.forwardOctets);
    EXPECT_EQ(sum(ingress, Direction::forward, &PathSnapshot::confirmed), egress.forwardOctets);
    EXPECT_EQ(egress.reverseOctets, onWires(EGRESS, Direction::reverse));
    EXPECT_EQ(sum(egress, Direction::reverse, &PathSnapshot::sent), egress.reverseOctets);
    EXPECT_EQ(ingress.reverseOctets, arrived.reverse);
    EXPECT_EQ(sum(ingress, Direction::reverse, &PathSnapshot::received), ingress.reverseOctets);
    for (const std::size_t transit : {1, 3}) {
      EXPECT_EQ(sum(ingress, Direction::forward, &PathSnapshot::confirmed, sidOf(transit)),
                sum(egress, Direction::forward, &PathSnapshot::received, sidOf(transit)));
    }
    EXPECT_EQ(network->node(INGRESS).count(Counter::echoMismatches), 0U);
    EXPECT_EQ(network->nonceRepeats, 0U);
  }

  std::unique_ptr<VirtualNetwork> network;
  std::mt19937_64 random;
  std::map<std::size_t, Sums> before;
  // At the two ends, each packet once.
  Sums arrived;
};

TEST_F(Accounting, WithoutLossEveryHopCountsTheSame) {
  build(100 * MILLISECOND, {});
  exchange(2 * SECOND);
  choose(true);
  exchange(2 * SECOND);
  network->run(13 * SECOND);
  expectEndsAgree();
  const SessionSnapshot ingress = at(INGRESS);
  ASSERT_GT(ingress.forwardOctets, 100'000U);
  EXPECT_EQ(at(EGRESS).forwardOctets, ingress.forwardOctets);
  for (const std::size_t transit : {1, 2, 3}) {
    EXPECT_EQ(carried(transit).forward, sum(ingress, Direction::forward, &PathSnapshot::sent, sidOf(transit)));
    EXPECT_EQ(carried(transit).reverse, sum(ingress, Direction::reverse, &PathSnapshot::received, sidOf(transit)));
    EXPECT_GT(carried(transit).forward, 20'000U);
  }
}

TEST_F(Accounting, LossCopiesReplaysRekeysPathChangesAndARestartLeaveNoOctetUnexplained) {
  build(100 * MILLISECOND, {0.03, 0.05, 0.02, 20 * MILLISECOND});
  for (int round = 0; round < 12; ++round) {
    exchange(700 * MILLISECOND);
    if (round == 5) restartTransit(1);
    choose(round % 2 == 0);
  }
  network->run(15 * SECOND);
  expectEndsAgree();
  const SessionSnapshot ingress = at(INGRESS);
  ASSERT_GT(ingress.forwardOctets, 300'000U);
  ASSERT_GT(before[1].forward, 0U);
  for (const std::size_t transit : {1, 2, 3}) {
    EXPECT_EQ(carried(transit).forward, onWires(transit, Direction::forward)) << transit;
    EXPECT_EQ(carried(transit).reverse, onWires(transit, Direction::reverse)) << transit;
  }
  const std::uint64_t sent = sum(ingress, Direction::forward, &PathSnapshot::sent, sidOf(1));
  const std::uint64_t confirmed = sum(ingress, Direction::forward, &PathSnapshot::confirmed, sidOf(1));
  EXPECT_GT(sent, carried(1).forward);
  EXPECT_GT(carried(1).forward, carried(2).forward);
  EXPECT_GT(carried(2).forward, confirmed);
  EXPECT_GT(network->node(EGRESS).count(Counter::dropReplay), 0U);
}

TEST_F(Accounting, AClosedSessionLeavesItsLastCountsUntilTheyAreTaken) {
  build(SECOND, {});
  exchange(450 * MILLISECOND);
  // What is under way arrives, and waits to be echoed.
  network->run(40 * MILLISECOND);
  ASSERT_LT(sum(at(INGRESS), Direction::forward, &PathSnapshot::confirmed), at(INGRESS).forwardOctets);
  auto& ingress = *network->node(INGRESS).engine;
  EngineConfig none = network->node(INGRESS).config;
  none.policies.clear();
  ASSERT_FALSE(ingress.reconfigure(none, network->time.value));
  network->run(2 * SECOND);
  EXPECT_EQ(at(INGRESS).session, 0U);
  const auto ended = ingress.endedSessions();
  ASSERT_EQ(ended.size(), 1U);
  const SessionSnapshot& last = ended.front().last;
  EXPECT_EQ(last.forwardOctets, onWires(INGRESS, Direction::forward));
  // The last echo came before the session was forgotten: nothing was lost, so all is confirmed.
  EXPECT_EQ(sum(last, Direction::forward, &PathSnapshot::confirmed), last.forwardOctets);
  EXPECT_EQ(network->node(INGRESS).eventsOf<SessionEndedEvent>().size(), 1U);
  for (const std::size_t transit : {1, 2}) {
    const auto there = network->node(transit).engine->endedSessions();
    ASSERT_EQ(there.size(), 1U) << transit;
    EXPECT_EQ(there.front().last.forwardOctets, sum(last, Direction::forward, &PathSnapshot::sent, sidOf(transit)));
  }
  ASSERT_EQ(network->node(EGRESS).engine->endedSessions().size(), 1U);
  EXPECT_EQ(ingress.endedSessions().size(), 1U) << "looking is not taking";
  ingress.forgetEnded(ended.front().number);
  EXPECT_TRUE(ingress.endedSessions().empty());
}

TEST_F(Accounting, EchoesStopWhenNothingArrivesAndAreFewWhileItDoes) {
  build(120 * SECOND, {});
  exchange(SECOND);
  network->run(12 * SECOND);
  const std::uint64_t busy = network->node(EGRESS).count(Counter::echoTxPackets);
  EXPECT_GT(busy, 5U);
  network->run(5 * SECOND);
  EXPECT_EQ(network->node(EGRESS).count(Counter::echoTxPackets), busy);
  exchange(5 * SECOND);
  const std::uint64_t more = network->node(EGRESS).count(Counter::echoTxPackets) - busy;
  EXPECT_LE(more, 51U);
  EXPECT_GE(more, 45U);
  EXPECT_EQ(network->node(INGRESS).count(Counter::echoRxPackets), busy + more);
}

TEST_F(Accounting, AClaimOfMoreThanWasSentIsCappedAndReported) {
  build(120 * SECOND, {});
  exchange(SECOND);
  network->run(2 * SECOND);
  const SessionSnapshot before = at(INGRESS);
  EchoBody echo;
  echo.sequence = 1'000'000;
  echo.count = 1;
  echo.entries[0] = {0, 0, before.forwardOctets * 2};
  std::array<std::uint8_t, MAX_ECHO_OCTETS> octets;
  const std::size_t size = encodeEcho(echo, octets);
  Engine& engine = *network->node(INGRESS).engine;
  for (int i = 0; i < 20; ++i) {
    Lane& lane = engine.lane(0);
    lane.now = network->time.value;
    lane.content = {before.session, size, ByteSpan(octets).first(size), 0};
    engine.onContent(lane);
  }
  EXPECT_EQ(network->node(INGRESS).count(Counter::echoMismatches), 20U);
  const auto events = network->node(INGRESS).eventsOf<EchoMismatchEvent>();
  ASSERT_EQ(events.size(), 10U) << "a bucket of ten";
  EXPECT_EQ(events[0].claimed, before.forwardOctets * 2);
  EXPECT_LT(events[0].sent, events[0].claimed);
  EXPECT_LE(sum(at(INGRESS), Direction::forward, &PathSnapshot::confirmed), before.forwardOctets);
}

}  // namespace
}  // namespace srwan::test
