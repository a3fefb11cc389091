// Path use: switching by itself, moving when the new pair is ready, staying when nothing better answers.
#include "virtual_network.h"

namespace srwan::test {
namespace {

struct TwoPaths {
  VirtualNetwork network{{.nodes = 4}};

  // Active over node 2, standby over node 3.
  TwoPaths() {
    network.configureAll();
    network.setPolicy(0, network.policy(0, 1, {{2, 1}, {3, 1}}, {{2, 0}, {3, 0}}));
    network.program(0, 1);
    EXPECT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
    traffic(3 * SECOND);
  }

  void traffic(Nanos duration) {
    for (Nanos at = 0; at < duration; at += 100 * MILLISECOND) {
      network.program(0, 1);
      network.program(1, 0);
      network.run(100 * MILLISECOND);
    }
  }

  SidList active() {
    for (const auto& session : network.node(0).engine->sessions(network.time.value)) {
      if (session.role == SessionRole::ingress && session.state == SessionState::open) return session.activeForward;
    }
    return {};
  }
};

TEST(Liveness, switchesByItselfAndTakesTheReverseDirectionAlong) {
  TwoPaths test;
  ASSERT_EQ(test.active(), (SidList{sidOf(2), sidOf(1)}));
  test.network.cutBoth(0, 2);
  test.network.cutBoth(1, 2);
  test.traffic(4500 * MILLISECOND);
  const auto switched = test.network.node(0).eventsOf<SwitchedEvent>();
  ASSERT_EQ(switched.size(), 1u);
  EXPECT_EQ(switched[0].forward, (SidList{sidOf(3), sidOf(1)}));
  EXPECT_EQ(switched[0].reverse, (SidList{sidOf(3), sidOf(0)}));
  EXPECT_EQ(test.network.node(0).count(Counter::pathSwitches), 1u);
  const auto there = test.network.node(1).delivered.size();
  const auto back = test.network.node(0).delivered.size();
  test.traffic(SECOND);
  test.network.run(100 * MILLISECOND);
  EXPECT_EQ(test.network.node(1).delivered.size(), there + 10);
  EXPECT_EQ(test.network.node(0).delivered.size(), back + 10);
  EXPECT_EQ(test.network.nonceRepeats + test.network.pathIdReuses, 0u);
}

TEST(Liveness, doesNotSwitchWhenTheStandbyIsSilentToo) {
  TwoPaths test;
  for (const std::size_t relay : {2u, 3u}) test.network.cutBoth(0, relay), test.network.cutBoth(1, relay);
  test.traffic(20 * SECOND);
  EXPECT_TRUE(test.network.node(0).eventsOf<SwitchedEvent>().empty());
  EXPECT_EQ(test.network.node(0).count(Counter::pathSwitches), 0u);
}

TEST(Liveness, probesOnlyWithDataInTheLastTenSeconds) {
  TwoPaths test;
  test.network.run(11 * SECOND);
  const auto probes = test.network.node(0).count(Counter::pathProbeTxPackets);
  test.network.run(30 * SECOND);
  EXPECT_EQ(test.network.node(0).count(Counter::pathProbeTxPackets), probes);
  test.network.program(0, 1);
  test.network.run(3 * SECOND);
  EXPECT_GE(test.network.node(0).count(Counter::pathProbeTxPackets), probes + 4);
}

TEST(Liveness, aChangedActivePairIsMovedToWithoutLosingAPacket) {
  TwoPaths test;
  const auto before = test.network.node(1).delivered.size();
  PolicyConfig policy = test.network.policy(0, 1, {{3, 2, 1}, {1}}, {{1, 0}, {0}});
  policy.reverse = {{sidOf(3), sidOf(0)}, {sidOf(0)}};
  test.network.setPolicy(0, policy);
  test.traffic(2 * SECOND);
  test.network.run(100 * MILLISECOND);
  EXPECT_EQ(test.active(), (SidList{sidOf(3), sidOf(2), sidOf(1)}));
  EXPECT_EQ(test.network.node(1).delivered.size(), before + 20);
}

TEST(Liveness, whatTheDatapathSwitchedStaysUntilThePolicyChanges) {
  TwoPaths test;
  test.network.cutBoth(0, 2);
  test.traffic(5 * SECOND);
  ASSERT_EQ(test.active(), (SidList{sidOf(3), sidOf(1)}));
  EngineConfig config = test.network.node(0).config;
  config.transit = false;
  ASSERT_FALSE(test.network.node(0).engine->reconfigure(config, test.network.time.value));
  test.traffic(SECOND);
  EXPECT_EQ(test.active(), (SidList{sidOf(3), sidOf(1)}));
}

TEST(Liveness, aSessionThatTheEgressLostIsOpenedAgain) {
  TwoPaths test;
  EngineConfig& config = test.network.node(1).config;
  EngineConfig without = config;
  std::erase_if(without.peers, [](const PeerConfig& peer) { return peer.sid == sidOf(0); });
  std::erase_if(without.policies, [](const PolicyConfig& policy) { return policy.endpoint == sidOf(0); });
  ASSERT_FALSE(test.network.node(1).engine->reconfigure(without, test.network.time.value));
  ASSERT_FALSE(test.network.node(1).engine->reconfigure(config, test.network.time.value));
  const auto before = test.network.node(1).delivered.size();
  for (int i = 0; i < 150; ++i) {
    test.network.program(0, 1);
    test.network.run(100 * MILLISECOND);
  }
  EXPECT_GT(test.network.node(1).delivered.size(), before + 20);
  EXPECT_EQ(test.network.nonceRepeats + test.network.pathIdReuses, 0u);
}

TEST(Comparison, probesSeveralPathsAtTheSameInstantAndReportsEach) {
  VirtualNetwork network({.nodes = 4});
  network.configureAll();
  PathComparisonRequest request;
  request.id = 5;
  request.endpoint = sidOf(1);
  request.paths = {{{sidOf(1)}, {sidOf(0)}},
                   {{sidOf(2), sidOf(1)}, {sidOf(2), sidOf(0)}},
                   {{sidOf(2), sidOf(3), sidOf(1)}, {sidOf(3), sidOf(2), sidOf(0)}}};
  network.node(0).engine->comparePaths(request, network.time.value);
  ASSERT_TRUE(network.runUntil([&] { return !network.node(0).eventsOf<PathProbesDoneEvent>().empty(); }));
  const auto done = network.node(0).eventsOf<PathProbesDoneEvent>()[0];
  EXPECT_EQ(done.request, 5u);
  ASSERT_EQ(done.samples.size(), 3u);
  for (std::size_t path = 0; path < 3; ++path) {
    ASSERT_EQ(done.samples[path].size(), 10u);
    for (const auto& sample : done.samples[path]) {
      ASSERT_TRUE(sample.has_value());
      EXPECT_EQ(sample->roundTrip, static_cast<Nanos>(2 * (path + 1)) * 10 * MILLISECOND);
      EXPECT_EQ(sample->forward, static_cast<Nanos>(path + 1) * 10 * MILLISECOND);
    }
  }
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Liveness, aTransitThatLostTheSessionIsAskedAgain) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}}, {{2, 0}}));
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  EngineConfig& config = network.node(2).config;
  EngineConfig without = config;
  std::erase_if(without.peers, [](const PeerConfig& peer) { return peer.sid == sidOf(0); });
  std::erase_if(without.policies, [](const PolicyConfig& policy) { return policy.endpoint == sidOf(0); });
  ASSERT_FALSE(network.node(2).engine->reconfigure(without, network.time.value));
  ASSERT_FALSE(network.node(2).engine->reconfigure(config, network.time.value));
  const auto session = network.node(0).engine->sessions(network.time.value)[0].session;
  for (int i = 0; i < 45; ++i) {
    network.program(0, 1);
    network.run(100 * MILLISECOND);
  }
  EXPECT_GT(network.node(1).delivered.size(), 5u);
  EXPECT_EQ(network.node(0).engine->sessions(network.time.value)[0].session, session);
}

TEST(Comparison, ofManyListsNeverReusesAPathIdWithinAnEpochAndFindsIdsAgainInANewSession) {
  VirtualNetwork network({.nodes = 8, .rekeyInterval = 3600 * SECOND, .sessionLifetime = 7200 * SECOND});
  network.configureAll();
  std::uint32_t id = 0;
  std::size_t answered = 0;
  for (std::size_t a = 2; a < 8; ++a) {
    for (std::size_t b = 2; b < 8; ++b) {
      if (a == b) continue;
      PathComparisonRequest request;
      request.id = ++id;
      request.endpoint = sidOf(1);
      request.count = 1;
      request.duration = 0;
      request.paths = {{{sidOf(a), sidOf(b), sidOf(1)}, {sidOf(b), sidOf(a), sidOf(0)}},
                       {{sidOf(b), sidOf(1)}, {sidOf(a), sidOf(0)}},
                       {{sidOf(a), sidOf(1)}, {sidOf(b), sidOf(0)}}};
      network.node(0).engine->comparePaths(request, network.time.value);
      network.run(6 * SECOND);
    }
  }
  for (const auto& done : network.node(0).eventsOf<PathProbesDoneEvent>()) {
    for (const auto& path : done.samples) answered += path[0] ? 1 : 0;
  }
  EXPECT_EQ(network.node(0).eventsOf<PathProbesDoneEvent>().size(), id);
  EXPECT_GE(answered, 3 * id - 6);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Comparison, ofADeadPathReportsLostProbesAndEnds) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.cutBoth(0, 2);
  network.cutBoth(1, 2);
  PathComparisonRequest request;
  request.id = 6;
  request.endpoint = sidOf(1);
  request.paths = {{{sidOf(1)}, {sidOf(0)}}, {{sidOf(2), sidOf(1)}, {sidOf(2), sidOf(0)}}};
  network.node(0).engine->comparePaths(request, network.time.value);
  ASSERT_TRUE(network.runUntil([&] { return !network.node(0).eventsOf<PathProbesDoneEvent>().empty(); }));
  const auto done = network.node(0).eventsOf<PathProbesDoneEvent>()[0];
  EXPECT_TRUE(done.samples[0][0].has_value());
  EXPECT_FALSE(done.samples[1][0].has_value());
}

}  // namespace
}  // namespace srwan::test
