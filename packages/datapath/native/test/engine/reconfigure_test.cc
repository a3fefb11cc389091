// From one desired state to the next: what stays goes on, what is gone is gone at once.
#include "virtual_network.h"

namespace srwan::test {
namespace {

TEST(Reconfigure, keepsSessionsAndCounters) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  const auto session = network.node(0).engine->sessions(network.time.value)[0].session;
  for (int i = 0; i < 5; ++i) {
    EngineConfig config = network.node(0).config;
    config.localPrefixes.push_back(*IpPrefix::parse("10." + std::to_string(i) + ".0.0/16"));
    if (i % 2 == 1) config.peers.pop_back(), config.policies.pop_back();
    ASSERT_FALSE(network.node(0).engine->reconfigure(config, network.time.value));
    network.program(0, 1);
    network.run(100 * MILLISECOND);
  }
  EXPECT_EQ(network.node(0).engine->sessions(network.time.value)[0].session, session);
  EXPECT_EQ(network.node(1).delivered.size(), 6u);
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
}

TEST(Reconfigure, aRevokedPeerGetsAndSendsNothingAnyMore) {
  VirtualNetwork network({.nodes = 3, .probeInterval = SECOND});
  network.configureAll();
  network.setPolicy(0, network.policy(0, 1, {{2, 1}, {1}}, {{2, 0}, {0}}));
  network.program(0, 1);
  network.program(2, 0);
  network.program(1, 2);
  network.run(2 * SECOND);
  // Node 2 is revoked by the others; itself it goes on as before.
  for (const std::size_t index : {0u, 1u}) {
    EngineConfig& config = network.node(index).config;
    std::erase_if(config.peers, [](const PeerConfig& peer) { return peer.sid == sidOf(2); });
    std::erase_if(config.policies, [](const PolicyConfig& policy) { return policy.endpoint == sidOf(2); });
    if (index == 0) config.policies = {network.policy(0, 1, {{1}}, {{0}})};
    ASSERT_FALSE(network.node(index).engine->reconfigure(config, network.time.value));
  }
  const std::size_t already = network.sent.size();
  const auto deliveredThere = network.node(2).delivered.size();
  const auto delivered = network.node(0).delivered.size();
  for (int i = 0; i < 100; ++i) {
    network.program(0, 2);
    network.program(2, 0);
    network.program(0, 1);
    network.run(100 * MILLISECOND);
  }
  for (std::size_t i = already; i < network.sent.size(); ++i) EXPECT_NE(network.sent[i].to, 2u);
  EXPECT_EQ(network.node(2).delivered.size(), deliveredThere);
  EXPECT_EQ(network.node(0).delivered.size(), delivered);
  EXPECT_GE(network.node(0).count(Counter::dropUnknownPeer), 1u);
  EXPECT_GE(network.node(1).delivered.size(), 100u);
}

TEST(Reconfigure, aPeerThatComesBackWithTheSameKeyRepeatsNoNonceAndReplaysNothing) {
  VirtualNetwork network({.probeInterval = SECOND});
  network.configureAll();
  network.run(10 * SECOND);
  const auto old = network.sent;
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(network.node(0).engine->reconfigure(EngineConfig{}, network.time.value));
    network.run(2 * SECOND);
    network.configure(0);
    network.run(10 * SECOND);
  }
  EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
  const auto replays = network.node(0).count(Counter::dropReplay);
  std::uint64_t injected = 0;
  for (const auto& datagram : old) {
    if (datagram.to == 0) network.inject(0, datagram.octets), ++injected;
  }
  EXPECT_EQ(network.node(0).count(Counter::dropReplay), replays + injected);
}

TEST(Reconfigure, aConfigThatContradictsItselfIsRefusedAndTheRunningOneStays) {
  VirtualNetwork network({.nodes = 3});
  network.configureAll();
  network.program(0, 1);
  ASSERT_TRUE(network.runUntil([&] { return network.node(1).delivered.size() == 1; }));
  const EngineConfig good = network.node(0).config;
  const auto refused = [&](auto change, const std::string& field) {
    EngineConfig bad = good;
    change(bad);
    const auto problem = network.node(0).engine->reconfigure(bad, network.time.value);
    ASSERT_TRUE(problem.has_value()) << field;
    EXPECT_EQ(problem->field, field);
  };
  refused([](EngineConfig& c) { c.peers.push_back(c.peers[0]); }, "peers.2.sid");
  refused([](EngineConfig& c) { c.peers[0].sid = sidOf(0); }, "peers.0.sid");
  refused([](EngineConfig& c) { c.peers[0].endpoint.port = 0; }, "peers.0.endpoint");
  refused([](EngineConfig& c) { c.policies[0].endpoint = 77; }, "policies.0.endpoint");
  refused([](EngineConfig& c) { c.policies[0].color = 9; }, "policies.0.color");
  refused([](EngineConfig& c) { c.policies[0].active.forward = 3; }, "policies.0.active");
  refused([](EngineConfig& c) { c.policies[0].standby = PairIndex{0, 9}; }, "policies.0.standby");
  refused([](EngineConfig& c) { c.policies[0].forward[0] = {sidOf(2)}; }, "policies.0.forward.0");
  refused([](EngineConfig& c) { c.policies[0].forward[0] = {sidOf(0), sidOf(1)}; }, "policies.0.forward.0");
  refused([](EngineConfig& c) { c.policies[0].forward[0] = {99, sidOf(1)}; }, "policies.0.forward.0");
  refused([](EngineConfig& c) { c.policies.push_back(c.policies[0]); }, "policies.2");
  network.program(0, 1);
  network.run(SECOND);
  EXPECT_EQ(network.node(1).delivered.size(), 2u);
}

TEST(PrefixTable, theLongestPrefixWinsAndTheFirstOwnerKeepsIt) {
  PrefixTable table;
  const auto add = [&](const char* text, std::int32_t owner) { table.add(*IpPrefix::parse(text), owner); };
  add("0.0.0.0/0", 1);
  add("10.0.0.0/8", 2);
  add("10.20.0.0/16", 3);
  add("10.20.0.0/16", 4);
  add("::/0", 5);
  add("fd53:5257::7/128", 6);
  table.build();
  const auto find = [&](const char* text) { return table.find(IpPrefix::parse(text)->address); };
  EXPECT_EQ(find("192.0.2.1/32"), 1);
  EXPECT_EQ(find("10.1.2.3/32"), 2);
  EXPECT_EQ(find("10.20.2.3/32"), 3);
  EXPECT_EQ(find("2001:db8::1/128"), 5);
  EXPECT_EQ(find("fd53:5257::7/128"), 6);
  table.clear();
  table.build();
  EXPECT_EQ(find("10.1.2.3/32"), PrefixTable::NOBODY);
}

TEST(SessionTable, findsWhatIsThereAndNothingElse) {
  SessionTable table;
  std::mt19937 random(7);
  std::set<std::uint32_t> ids;
  struct Plain : Session {
    using Session::Session;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t id = random() % 4096 + 1;
    if (ids.contains(id)) {
      table.remove(id);
      ids.erase(id);
    } else {
      table.add(std::make_unique<Plain>(SessionRole::transit, id, 1));
      ids.insert(id);
    }
  }
  for (std::uint32_t id = 1; id <= 4096; ++id) EXPECT_EQ(table.find(id) != nullptr, ids.contains(id));
  EXPECT_EQ(table.size(), ids.size());
}

}  // namespace
}  // namespace srwan::test
