// Back on its feet within a second: dead directions told apart, switches that random loss does not cause, and how long
// a flow stands still.
#include <cstdio>

#include "failover_wan.h"

namespace srwan::test {
namespace {

TEST(Failover, ADeadForwardDirectionIsSwitchedAlone) {
  for (const auto& [from, to] : {std::pair{0u, 2u}, std::pair{2u, 1u}}) {
    Wan wan;
    wan.open();
    wan.traffic(5 * SECOND);
    wan.network.cut(from, to);
    wan.traffic(SECOND);
    ASSERT_EQ(wan.switches().size(), 1u);
    EXPECT_EQ(wan.switches()[0].cause, LivenessVerdict::forward);
    EXPECT_EQ(wan.switches()[0].forward, OVER_3);
    EXPECT_EQ(wan.switches()[0].reverse, BACK_OVER_2);
    EXPECT_GT(wan.switches()[0].gap, 50 * MILLISECOND);
    EXPECT_LT(wan.switches()[0].gap, 500 * MILLISECOND);
    wan.expectWhole();
  }
}

TEST(Failover, ADeadReverseDirectionIsSwitchedAloneAndTheEgressFollows) {
  for (const auto& [from, to] : {std::pair{1u, 2u}, std::pair{2u, 0u}}) {
    Wan wan;
    wan.open();
    wan.traffic(5 * SECOND);
    const auto there = wan.arrived(EGRESS);
    wan.network.cut(from, to);
    wan.traffic(SECOND);
    ASSERT_EQ(wan.switches().size(), 1u);
    EXPECT_EQ(wan.switches()[0].cause, LivenessVerdict::reverse);
    EXPECT_EQ(wan.switches()[0].forward, OVER_2);
    EXPECT_EQ(wan.switches()[0].reverse, BACK_OVER_3);
    wan.network.run(100 * MILLISECOND);
    EXPECT_EQ(wan.arrived(EGRESS), there + 20) << "the forward direction never stood still";
    wan.expectWhole();
  }
}

TEST(Failover, ADeadTransitIsLeftInBothDirections) {
  Wan wan;
  wan.open();
  wan.traffic(5 * SECOND);
  wan.network.restart(2);
  wan.traffic(SECOND);
  ASSERT_EQ(wan.switches().size(), 1u);
  EXPECT_EQ(wan.switches()[0].cause, LivenessVerdict::both);
  EXPECT_EQ(wan.active(), (std::pair{OVER_3, BACK_OVER_3}));
  wan.expectWhole();
}

TEST(Failover, TrafficOfTheReverseDirectionAloneFailsOverToo) {
  for (const bool reverseOnlyDead : {true, false}) {
    Wan wan;
    wan.open();
    wan.traffic(SECOND);
    wan.forward = false;
    wan.traffic(5 * SECOND);
    wan.network.cut(EGRESS, 2);
    if (!reverseOnlyDead) wan.network.cut(2, EGRESS), wan.network.cutBoth(INGRESS, 2);
    wan.traffic(SECOND);
    EXPECT_EQ(wan.switches().size(), 1u);
    wan.expectWhole();
  }
}

TEST(Failover, StaysWhereItIsWhenTheStandbyIsSilentTooAndGoesOnWhenTheLinkComesBack) {
  Wan wan;
  wan.open();
  wan.traffic(5 * SECOND);
  for (const std::size_t relay : {2u, 3u}) wan.network.cutBoth(0, relay), wan.network.cutBoth(1, relay);
  wan.traffic(4 * SECOND);
  EXPECT_TRUE(wan.switches().empty());
  wan.network.mend();
  wan.traffic(SECOND);
  EXPECT_TRUE(wan.switches().empty());
  wan.expectWhole();
}

TEST(Failover, TheStandbyThatDiedFirstIsReplacedByAnotherOpenListBeforeItIsNeeded) {
  Wan wan(5);
  wan.network.setPolicy(INGRESS,
                        wan.network.policy(INGRESS, EGRESS, {{2, 1}, {3, 1}, {4, 1}}, {{2, 0}, {3, 0}, {4, 0}}));
  wan.network.program(INGRESS, EGRESS);
  wan.traffic(5 * SECOND);
  wan.network.cutBoth(0, 3);
  wan.traffic(5 * SECOND);
  EXPECT_TRUE(wan.switches().empty());
  const auto told = wan.network.node(INGRESS).eventsOf<PathStateEvent>();
  ASSERT_FALSE(told.empty());
  EXPECT_FALSE(told[0].active || told[0].answers);
  EXPECT_EQ(told[0].forward, OVER_3);
  wan.network.cutBoth(0, 2);
  wan.traffic(SECOND);
  ASSERT_EQ(wan.switches().size(), 1u);
  EXPECT_EQ(wan.switches()[0].forward, (SidList{sidOf(4), sidOf(1)}));
  wan.expectWhole();
}

TEST(Failover, TheSecondRoundTriesTheOtherListsWhenActiveAndStandbyDieAtOnce) {
  Wan wan(5);
  wan.network.setPolicy(INGRESS,
                        wan.network.policy(INGRESS, EGRESS, {{2, 1}, {3, 1}, {4, 1}}, {{2, 0}, {3, 0}, {4, 0}}));
  wan.network.program(INGRESS, EGRESS);
  wan.traffic(5 * SECOND);
  for (const std::size_t relay : {2u, 3u}) wan.network.cutBoth(0, relay), wan.network.cutBoth(1, relay);
  wan.traffic(SECOND);
  ASSERT_EQ(wan.switches().size(), 1u);
  EXPECT_EQ(wan.switches()[0].forward, (SidList{sidOf(4), sidOf(1)}));
  wan.expectWhole();
}

TEST(Failover, ALostProbeOrTwoSwitchNothing) {
  Wan wan;
  wan.open();
  wan.traffic(5 * SECOND);
  wan.network.cutBoth(0, 2);
  wan.network.run(60 * MILLISECOND);
  wan.network.mend();
  wan.traffic(5 * SECOND);
  EXPECT_TRUE(wan.switches().empty());
}

TEST(Failover, AfterASwitchNoOtherFollowsForTwoSecondsAndThenOnlyAfterALongSilence) {
  Wan wan;
  wan.open();
  wan.traffic(5 * SECOND);
  std::vector<Nanos> at;
  std::size_t known = 0;
  const Nanos start = wan.network.time.value;
  // The one in use dies, whichever it is, and the other comes back.
  while (wan.network.time.value < start + 100 * SECOND) {
    const std::size_t relay = wan.active().first == OVER_2 ? 2 : 3;
    wan.network.mend();
    wan.network.cutBoth(0, relay);
    wan.traffic(50 * MILLISECOND);
    if (wan.switches().size() > known) at.push_back(wan.network.time.value), known = wan.switches().size();
  }
  ASSERT_GE(at.size(), 4u);
  for (std::size_t i = 1; i < at.size(); ++i) EXPECT_GE(at[i] - at[i - 1], 2 * SECOND) << i;
  const auto switches = wan.switches();
  for (std::size_t i = 1; i < switches.size(); ++i) EXPECT_GE(switches[i].gap, 400 * MILLISECOND) << i;
}

TEST(Failover, PathsThatDieInTurnsStandStillForLessThanASecondEachTime) {
  Wan wan(4, false);
  wan.open();
  wan.traffic(5 * SECOND);
  for (std::size_t kill = 0; kill < 20; ++kill) {
    const std::size_t relay = wan.active().first == OVER_2 ? 2 : 3;
    const std::size_t before = wan.switches().size();
    wan.network.cutBoth(0, relay);
    wan.traffic(900 * MILLISECOND);
    ASSERT_EQ(wan.switches().size(), before + 1) << kill;
    wan.network.mend();
    wan.expectWhole();
    wan.traffic(8 * SECOND);
    ASSERT_EQ(wan.switches().size(), before + 1) << kill;
  }
}

TEST(Failover, AnOldProbeThatComesLateDoesNotTakeTheEgressBack) {
  Wan wan;
  wan.open();
  wan.traffic(5 * SECOND);
  wan.network.cutBoth(0, 2);
  wan.network.cutBoth(1, 2);
  wan.traffic(2 * SECOND);
  wan.network.mend();
  wan.traffic(70 * SECOND);
  // The flagged probe of the switch to 2 is held back until the switch to 3 is long done.
  std::vector<SentDatagram> held;
  wan.network.filter = [&](SentDatagram& datagram) {
    const bool overTwo = datagram.from == 2 && datagram.to == EGRESS && datagram.octets.size() < 160;
    if (overTwo && wan.switches().size() == 2 && held.size() < 3) return held.push_back(datagram), false;
    return true;
  };
  wan.network.cutBoth(0, 3);
  wan.traffic(2 * SECOND);
  ASSERT_EQ(wan.switches().size(), 2u);
  ASSERT_FALSE(held.empty());
  wan.network.mend();
  wan.traffic(70 * SECOND);
  wan.network.cutBoth(0, 2);
  wan.network.cutBoth(1, 2);
  wan.traffic(2 * SECOND);
  ASSERT_EQ(wan.switches().size(), 3u);
  for (const auto& datagram : held) wan.network.inject(EGRESS, datagram.octets);
  wan.expectWhole();
}

TEST(Failover, AStandstillOfTheNodeItselfIsNoSilenceOfOthers) {
  Wan wan;
  wan.open();
  wan.traffic(5 * SECOND);
  // Its timers come 400 ms late, before what arrived meanwhile is read.
  std::vector<SentDatagram> unread;
  wan.network.filter = [&](SentDatagram& datagram) {
    if (datagram.to == INGRESS) return unread.push_back(datagram), false;
    return true;
  };
  wan.network.run(50 * MILLISECOND);
  wan.network.time.value += 400 * MILLISECOND;
  wan.network.node(INGRESS).engine->onTimer(wan.network.time.value);
  wan.network.filter = nullptr;
  for (const auto& datagram : unread) wan.network.inject(INGRESS, datagram.octets);
  wan.traffic(3 * SECOND);
  EXPECT_TRUE(wan.switches().empty());
}

struct Kill {
  enum class Kind { link, transit, oneWay } kind;
  std::size_t place;
};

// Kills the active path at a random phase under 1,000 packets a second each way.
// @returns by node where it arrives, the time from the kill to the first packet that was sent after it and arrives
std::array<Nanos, 2> gapsOf(std::mt19937_64& random, const Kill& kill) {
  const auto between = [&](Nanos low, Nanos high) {
    return low + static_cast<Nanos>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  Wan wan(4, false);
  std::map<std::pair<std::size_t, std::size_t>, Nanos> delays;
  for (const std::size_t relay : {2u, 3u}) {
    const Nanos trip = between(20 * MILLISECOND, 250 * MILLISECOND);
    const Nanos first = between(trip / 10, trip * 4 / 10);
    delays[{0, relay}] = delays[{relay, 0}] = first;
    delays[{1, relay}] = delays[{relay, 1}] = trip / 2 - first;
  }
  wan.network.delayOf = [&](std::size_t from, std::size_t to) {
    const auto known = delays.find({from, to});
    return (known == delays.end() ? 50 * MILLISECOND : known->second) +
           static_cast<Nanos>(random() % static_cast<std::uint64_t>(MILLISECOND));
  };
  wan.open();
  wan.traffic(4 * SECOND + between(0, SECOND), 20 * MILLISECOND);
  wan.network.run(between(0, 20 * MILLISECOND));
  auto& network = wan.network;
  const std::size_t end = kill.place % 2;
  if (kill.kind == Kill::Kind::link) network.cutBoth(end, 2);
  if (kill.kind == Kill::Kind::transit) network.cutBoth(0, 2), network.cutBoth(1, 2);
  constexpr std::array<std::pair<std::size_t, std::size_t>, 4> ONE_WAY{{{0, 2}, {2, 1}, {1, 2}, {2, 0}}};
  if (kill.kind == Kill::Kind::oneWay) network.cut(ONE_WAY[kill.place].first, ONE_WAY[kill.place].second);
  const Nanos killed = network.time.value;
  std::array<Nanos, 2> first{NEVER, NEVER};
  std::array<std::size_t, 2> seen{wan.arrived(INGRESS), wan.arrived(EGRESS)};
  // What was under way beyond the cut still arrives; only what was sent later counts.
  const std::string text = "after";
  while (std::max(first[0], first[1]) == NEVER && network.time.value < killed + 5 * SECOND) {
    network.program(INGRESS, EGRESS, text);
    network.program(EGRESS, INGRESS, text);
    network.run(MILLISECOND);
    for (const std::size_t node : {INGRESS, EGRESS}) {
      const auto& delivered = network.node(node).delivered;
      for (std::size_t& i = seen[node]; i < delivered.size(); ++i) {
        const bool later = std::string(delivered[i].begin() + 40, delivered[i].end()) == text;
        if (later && first[node] == NEVER) first[node] = network.time.value - killed;
      }
    }
  }
  return first;
}

struct Gaps {
  std::vector<Nanos> all;

  Nanos share(double part) {
    std::sort(all.begin(), all.end());
    return all[static_cast<std::size_t>(part * static_cast<double>(all.size()))];
  }
  void print(const char* what) {
    const auto figure = [&](double part) { return static_cast<double>(share(part)) / MILLISECOND; };
    const Nanos last = (share(1e-9), all.back());
    std::printf("%-18s %3zu kills: median %.0f ms, p99 %.0f ms, max %.0f ms\n", what, all.size(), figure(0.5),
                figure(0.99), static_cast<double>(last) / MILLISECOND);
  }
};

TEST(Failover, HundredsOfKillsAtRandomPhaseStandStillForLessThanASecond) {
  constexpr std::uint64_t SEED = 20261121;
  std::array<Gaps, 3> kinds;
  Gaps forward;
  Gaps reverse;
  for (std::size_t i = 0; i < 240; ++i) {
    const Kill kill{static_cast<Kill::Kind>(i % 3), i / 3 % 4};
    // The same kills, however many packets the one before took.
    std::mt19937_64 random(SEED + i);
    const auto gaps = gapsOf(random, kill);
    const bool oneWay = kill.kind == Kill::Kind::oneWay;
    if (!oneWay || kill.place < 2) forward.all.push_back(gaps[EGRESS]), kinds[i % 3].all.push_back(gaps[EGRESS]);
    if (!oneWay || kill.place >= 2) reverse.all.push_back(gaps[INGRESS]);
    if (oneWay && kill.place >= 2) kinds[i % 3].all.push_back(gaps[INGRESS]);
  }
  kinds[0].print("link");
  kinds[1].print("transit");
  kinds[2].print("one way");
  forward.print("forward flow");
  reverse.print("reverse flow");
  EXPECT_LE(forward.share(0.5), 400 * MILLISECOND) << "seed " << SEED;
  EXPECT_LE(reverse.share(0.5), 400 * MILLISECOND) << "seed " << SEED;
  for (Gaps* gaps : {&forward, &reverse}) EXPECT_LE(gaps->share(0.99), SECOND) << "seed " << SEED;
}

// One hour, at 5 % each way of a path (`links` 1) or of each of its links (2).
void expectCalm(bool forward, bool reverse, std::size_t links) {
  constexpr std::uint64_t SEED = 7;
  std::mt19937_64 random(SEED);
  Wan wan(4, false);
  wan.open();
  wan.forward = forward;
  wan.reverse = reverse;
  std::size_t lost = 0;
  wan.network.filter = [&](SentDatagram& datagram) {
    const bool ofPath = datagram.from < 2 ? datagram.to >= 2 : links == 2 && datagram.to < 2;
    const bool loses = ofPath && random() % 20 == 0;
    lost += loses ? 1 : 0;
    return !loses;
  };
  wan.traffic(3600 * SECOND, 250 * MILLISECOND);
  EXPECT_GT(lost, 3000u);
  EXPECT_LE(wan.switches().size(), 1u) << "seed " << SEED << " links " << links;
}

TEST(Failover, AnHourAtFivePercentLossWithForwardTrafficSwitchesAtMostOnce) { expectCalm(true, false, 1); }
TEST(Failover, AnHourAtFivePercentLossWithReverseTrafficSwitchesAtMostOnce) { expectCalm(false, true, 1); }
TEST(Failover, AnHourAtFivePercentLossOfEachLinkSwitchesAtMostOnce) { expectCalm(true, true, 2); }

}  // namespace
}  // namespace srwan::test
