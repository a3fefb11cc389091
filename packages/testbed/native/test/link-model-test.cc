#include "link-model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wan {
namespace {

constexpr uint64_t kMs = 1'000'000;

Link linkWith(LinkParameters parameters, uint64_t seed = 1) {
  Link link(seed, 0, 1);
  link.set(parameters);
  return link;
}

TEST(Link, DelaysByExactlyItsDelay) {
  Link link = linkWith({.delayNs = 45 * kMs});
  const Fate fate = link.admit(1000, 100);
  ASSERT_EQ(fate.copies, 1);
  EXPECT_EQ(fate.due[0], 1000 + 45 * kMs);
}

TEST(Link, LetsNothingThroughWhenDown) {
  Link link = linkWith({.up = false});
  EXPECT_EQ(link.admit(0, 100).copies, 0);
  EXPECT_EQ(link.counters.downDropped, 1u);
}

TEST(Link, LosesItsShare) {
  constexpr int kPackets = 400'000;
  Link link = linkWith({.loss = 0.02});
  for (int i = 0; i < kPackets; ++i) link.admit(static_cast<uint64_t>(i) * 1000, 100);
  EXPECT_NEAR(static_cast<double>(link.counters.lost), kPackets * 0.02, 2.576 * std::sqrt(kPackets * 0.02 * 0.98));
}

TEST(Link, LosesTheSamePacketsForTheSameSeedAndOthersForAnother) {
  const auto pattern = [](uint64_t seed, uint32_t from) {
    Link link(seed, from, 1);
    link.set({.loss = 0.5});
    uint64_t bits = 0;
    for (int i = 0; i < 64; ++i) bits = bits << 1 | static_cast<uint64_t>(link.admit(0, 1).copies);
    return bits;
  };
  EXPECT_EQ(pattern(7, 0), pattern(7, 0));
  EXPECT_NE(pattern(7, 0), pattern(8, 0));
  EXPECT_NE(pattern(7, 0), pattern(7, 2));
}

TEST(Link, SerialisesAtItsRateAndBoundsItsQueue) {
  Link link = linkWith({.rate = 8e6});  // an octet a microsecond
  const Fate first = link.admit(0, 1000);
  const Fate second = link.admit(0, 1000);
  EXPECT_EQ(first.due[0], kMs);
  EXPECT_EQ(second.due[0], 2 * kMs);
  int accepted = 2;
  while (link.admit(0, 1000).copies > 0) ++accepted;
  EXPECT_NEAR(accepted, 51, 1);
  EXPECT_EQ(link.counters.queueDropped, 1u);
  EXPECT_EQ(link.admit(1'000 * kMs, 1000).due[0], 1'001 * kMs);
}

TEST(Link, QueuesSixteenFullPacketsEvenAtAModemsRate) {
  Link link = linkWith({.rate = 33'600});
  int accepted = 0;
  while (link.admit(0, 1500).copies > 0) ++accepted;
  EXPECT_NEAR(accepted, 17, 1);
}

TEST(Link, JitterKeepsOrderMeanAndSpread) {
  Link link = linkWith({.delayNs = 50 * kMs, .jitterNs = 4 * kMs}, 3);
  constexpr int kPackets = 20'000;
  double sum = 0;
  double squares = 0;
  uint64_t last = 0;
  for (int i = 0; i < kPackets; ++i) {
    const uint64_t now = static_cast<uint64_t>(i) * 100 * kMs;
    const uint64_t due = link.admit(now, 100).due[0];
    EXPECT_GE(due, last);
    last = due;
    const double delay = static_cast<double>(due - now) / kMs;
    EXPECT_GE(delay, 50 - 12.01);
    EXPECT_LE(delay, 50 + 12.01);
    sum += delay;
    squares += delay * delay;
  }
  const double mean = sum / kPackets;
  EXPECT_NEAR(mean, 50, 0.15);
  EXPECT_NEAR(std::sqrt(squares / kPackets - mean * mean), 4, 0.2);
}

TEST(Link, JitterKeepsOrderAtHighRates) {
  Link link = linkWith({.delayNs = 20 * kMs, .jitterNs = 10 * kMs}, 4);
  uint64_t last = 0;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t due = link.admit(static_cast<uint64_t>(i) * 10'000, 100).due[0];
    ASSERT_GE(due, last);
    last = due;
  }
}

TEST(Link, AReorderedPacketIsOvertakenAndNeverEarly) {
  Link link = linkWith({.delayNs = 10 * kMs, .reorder = 0.1}, 5);
  int late = 0;
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t now = static_cast<uint64_t>(i) * kMs;
    const uint64_t delay = link.admit(now, 100).due[0] - now;
    ASSERT_TRUE(delay == 10 * kMs || (delay >= 12 * kMs && delay <= 14 * kMs)) << delay;
    late += delay > 10 * kMs ? 1 : 0;
  }
  EXPECT_NEAR(late, 1000, 100);
}

TEST(Link, DuplicatesItsShare) {
  Link link = linkWith({.duplicate = 0.2}, 6);
  int copies = 0;
  for (int i = 0; i < 10'000; ++i) copies += link.admit(static_cast<uint64_t>(i), 100).copies;
  EXPECT_NEAR(copies, 12'000, 150);
}

TEST(Link, AShorterDelayHoldsFromTheNextPacketOn) {
  Link link = linkWith({.delayNs = 100 * kMs});
  link.admit(0, 100);
  link.set({.delayNs = 10 * kMs});
  EXPECT_EQ(link.admit(kMs, 100).due[0], 11 * kMs);
}

}  // namespace
}  // namespace wan
