// Two nodes with data between them, an active path over one transit and a standby over another.
#pragma once

#include "virtual_network.h"

namespace srwan::test {

inline constexpr std::size_t INGRESS = 0;
inline constexpr std::size_t EGRESS = 1;

// Active over node 2, standby over node 3, and two directions of traffic.
struct Wan {
  VirtualNetwork network;
  bool forward = true;
  bool reverse = true;

  explicit Wan(std::size_t nodes = 4, bool audit = true)
      : network({.nodes = nodes, .probeInterval = 10 * SECOND, .audit = audit}) {
    network.configureAll();
  }

  void open() {
    network.setPolicy(INGRESS, network.policy(INGRESS, EGRESS, {{2, 1}, {3, 1}}, {{2, 0}, {3, 0}}));
    network.program(INGRESS, EGRESS);
    ASSERT_TRUE(network.runUntil([&] { return network.node(EGRESS).delivered.size() == 1; }));
  }

  void traffic(Nanos duration, Nanos spacing = 50 * MILLISECOND) {
    for (Nanos at = 0; at < duration; at += spacing) {
      if (forward) network.program(INGRESS, EGRESS);
      if (reverse) network.program(EGRESS, INGRESS);
      network.run(spacing);
    }
  }

  std::vector<SwitchedEvent> switches() { return network.node(INGRESS).eventsOf<SwitchedEvent>(); }
  std::size_t arrived(std::size_t node) { return network.node(node).delivered.size(); }

  std::pair<SidList, SidList> active() {
    for (const auto& session : network.node(INGRESS).engine->sessions(network.time.value)) {
      if (session.role == SessionRole::ingress && session.state == SessionState::open)
        return {session.activeForward, session.activeReverse};
    }
    return {};
  }

  // Everything that is sent now arrives, both ways.
  void expectWhole() {
    const auto there = arrived(EGRESS);
    const auto back = arrived(INGRESS);
    traffic(SECOND);
    network.run(200 * MILLISECOND);
    EXPECT_EQ(arrived(EGRESS), there + (forward ? 20u : 0u));
    EXPECT_EQ(arrived(INGRESS), back + (reverse ? 20u : 0u));
    EXPECT_EQ(network.nonceRepeats + network.pathIdReuses, 0u);
  }
};

inline const SidList OVER_2{sidOf(2), sidOf(1)};
inline const SidList OVER_3{sidOf(3), sidOf(1)};
inline const SidList BACK_OVER_2{sidOf(2), sidOf(0)};
inline const SidList BACK_OVER_3{sidOf(3), sidOf(0)};

}  // namespace srwan::test
