// Data that demonstrably arrives stands for probes that were lost, and for nothing else.
#include <cstdio>
#include <numeric>

#include "failover_wan.h"

namespace srwan::test {
namespace {

// UDP payload over one transit of a probe or its reply.
constexpr std::size_t PROBE = 128;

// By its size: header, two segments, head, entries and tag.
bool isEcho(const SentDatagram& datagram) {
  const std::size_t size = datagram.octets.size();
  return datagram.from == EGRESS && size >= 88 && size < 160 && (size - 88) % 16 == 0;
}

double inMilliseconds(Nanos time) { return static_cast<double>(time) / MILLISECOND; }

// What leaves the ingress and comes back to it over node 2, and the bursts that this node begins.
struct Observed : Wan {
  std::mt19937_64 random;
  // Of a hundred packets of each direction over node 2.
  unsigned lossPercent = 0;
  bool echoes = true;
  // Of so many echoes one is lost; 0 = none.
  std::size_t echoLostOf = 0;
  std::size_t echoesSeen = 0;
  bool probes = true;
  std::size_t bursts = 0;
  Nanos lastStep = 0;
  Nanos lastStandby = 0;

  explicit Observed(std::uint64_t seed) : Wan(4, false), random(seed) {
    network.filter = [this](SentDatagram& datagram) {
      watch(datagram);
      const bool overTwo = datagram.from == 2 || datagram.to == 2;
      if (overTwo && !probes && datagram.octets.size() == PROBE) return false;
      if (isEcho(datagram)) {
        ++echoesSeen;
        if (!echoes || (echoLostOf > 0 && echoesSeen % echoLostOf == 0)) return false;
      }
      return !(datagram.to == 2 && random() % 100 < lossPercent);
    };
  }

  // A step of a burst sends two probes at once over the standby's forward list, nothing else does.
  void watch(const SentDatagram& datagram) {
    if (datagram.from != INGRESS || datagram.to != 3 || datagram.octets.size() != PROBE) return;
    const Nanos now = network.time.value;
    if (lastStandby == now) {
      bursts += now - lastStep > 60 * MILLISECOND ? 1 : 0;
      lastStep = now;
    }
    lastStandby = now;
  }
};

std::size_t burstsAt(unsigned lossPercent, bool echoes, Nanos spacing, std::uint64_t seed) {
  Observed wan(seed);
  wan.open();
  wan.echoes = echoes;
  wan.lossPercent = lossPercent;
  constexpr Nanos DURATION = 200 * SECOND;
  wan.traffic(DURATION, spacing);
  EXPECT_TRUE(wan.switches().empty()) << "seed " << seed;
  std::printf("%u %% loss each way, a packet each %.0f ms, echoes %s: %.0f bursts an hour\n", lossPercent,
              inMilliseconds(spacing), echoes ? "come" : "lost",
              static_cast<double>(wan.bursts) * 3600 * SECOND / DURATION);
  return wan.bursts;
}

TEST(FailoverFeedback, RandomLossUnderDataBeginsFarFewerBurstsThanWithoutEchoes) {
  for (const auto& [spacing, share] : {std::pair{2 * MILLISECOND, 5u}, std::pair{5 * MILLISECOND, 2u}}) {
    const std::size_t with = burstsAt(5, true, spacing, 3);
    const std::size_t without = burstsAt(5, false, spacing, 3);
    EXPECT_GT(without, 80u);
    EXPECT_LT(with, without / share);
  }
}

TEST(FailoverFeedback, AnEchoThatComesAMomentAfterTheDeadlineIsAwaited) {
  Observed wan(21);
  wan.open();
  wan.traffic(5 * SECOND, 2 * MILLISECOND);
  // Of nine probes one is lost, and the echo that stands for it comes 4 ms late.
  std::size_t probes = 0;
  std::size_t lost = 0;
  bool late = false;
  wan.network.copies = [&](const SentDatagram& datagram) -> std::vector<Nanos> {
    const bool probe = datagram.from == INGRESS && datagram.to == 2 && datagram.octets.size() == PROBE;
    if (probe && ++probes % 9 == 0) return late = true, ++lost, std::vector<Nanos>{};
    const bool shifted = late && isEcho(datagram);
    if (shifted) late = false;
    return {(shifted ? 14 : 10) * MILLISECOND};
  };
  wan.traffic(30 * SECOND, 2 * MILLISECOND);
  EXPECT_GT(lost, 20u);
  EXPECT_EQ(wan.bursts, 0u);
}

TEST(FailoverFeedback, WithoutEchoesNothingIsWorseThanBefore) {
  EXPECT_EQ(burstsAt(0, false, 20 * MILLISECOND, 5), 0u);
  EXPECT_EQ(burstsAt(0, true, 20 * MILLISECOND, 5), 0u);
}

TEST(FailoverFeedback, APathThatCarriesDataButNoProbesIsNotLeftUntilItDies) {
  Observed wan(11);
  wan.open();
  wan.traffic(5 * SECOND, 5 * MILLISECOND);
  const std::size_t bursts = wan.bursts;
  wan.probes = false;
  wan.traffic(60 * SECOND, 5 * MILLISECOND);
  EXPECT_TRUE(wan.switches().empty());
  EXPECT_EQ(wan.bursts, bursts);
  wan.network.cut(2, EGRESS);
  wan.traffic(4 * SECOND, 5 * MILLISECOND);
  ASSERT_EQ(wan.switches().size(), 1u);
  EXPECT_EQ(wan.active().first, OVER_3);
}

TEST(FailoverFeedback, AnEchoThatIsLostTooDoesNotMakeAPathWithoutProbesLookDead) {
  Observed wan(12);
  wan.open();
  wan.traffic(5 * SECOND, 5 * MILLISECOND);
  wan.probes = false;
  wan.traffic(5 * SECOND, 5 * MILLISECOND);
  wan.echoLostOf = 7;
  const std::size_t bursts = wan.bursts;
  wan.traffic(30 * SECOND, 5 * MILLISECOND);
  EXPECT_GT(wan.bursts, bursts + 20);
  EXPECT_TRUE(wan.switches().empty());
}

// The flow's gap where a link of the active path dies at a random phase under 1,000 packets a second.
Nanos gapOf(std::uint64_t seed, std::pair<std::size_t, std::size_t> link, bool echoes, unsigned lossPercent) {
  Observed wan(seed);
  const auto delay = static_cast<Nanos>(5 + wan.random() % 55) * MILLISECOND;
  wan.network.delayOf = [delay](std::size_t, std::size_t) { return delay; };
  wan.open();
  wan.echoes = echoes;
  wan.lossPercent = lossPercent;
  wan.traffic(2 * SECOND + static_cast<Nanos>(wan.random() % 1000) * MILLISECOND, MILLISECOND);
  wan.network.cut(link.first, link.second);
  const bool forward = link.first == INGRESS || link.second == EGRESS;
  const std::size_t end = forward ? EGRESS : INGRESS;
  // What was under way beyond the cut.
  wan.traffic(2 * delay, MILLISECOND);
  const std::size_t seen = wan.arrived(end);
  Nanos gap = 2 * delay;
  for (; wan.arrived(end) == seen && gap < 5 * SECOND; gap += MILLISECOND) wan.traffic(MILLISECOND, MILLISECOND);
  EXPECT_EQ(wan.switches().size(), 1u) << "seed " << seed;
  return gap;
}

TEST(FailoverFeedback, EachDirectionsDeathIsLeftAsSoonAsWithoutEchoes) {
  for (const unsigned lossPercent : {0u, 5u}) {
    std::array<std::vector<Nanos>, 2> gaps;
    for (std::uint64_t seed = 1; seed <= 80; ++seed) {
      constexpr std::array<std::pair<std::size_t, std::size_t>, 4> LINKS{{{0, 2}, {2, 1}, {1, 2}, {2, 0}}};
      for (const bool echoes : {false, true})
        gaps[echoes ? 1 : 0].push_back(gapOf(seed, LINKS[seed % LINKS.size()], echoes, lossPercent));
    }
    for (auto& each : gaps) std::sort(each.begin(), each.end());
    const auto mean = [](const std::vector<Nanos>& all) {
      return std::accumulate(all.begin(), all.end(), Nanos{0}) / static_cast<Nanos>(all.size());
    };
    for (const std::size_t with : {0u, 1u})
      std::printf("%u %% loss, echoes %s: gap median %.0f ms, mean %.0f ms, max %.0f ms\n", lossPercent,
                  with == 1 ? "come" : "lost", inMilliseconds(gaps[with][gaps[with].size() / 2]),
                  inMilliseconds(mean(gaps[with])), inMilliseconds(gaps[with].back()));
    EXPECT_LE(mean(gaps[1]), mean(gaps[0]) + 25 * MILLISECOND);
    EXPECT_LE(gaps[1].back(), SECOND);
  }
}

}  // namespace
}  // namespace srwan::test
