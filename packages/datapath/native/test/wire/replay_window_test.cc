#include "wire/replay_window.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "support/fixed_random.h"
#include "wire/key_epoch.h"

namespace srwan::test {
namespace {

/** The definition itself, slowly. */
template <std::size_t Size>
struct Model {
  bool check(std::uint64_t counter) const {
    if (seen.empty() || counter > *seen.rbegin()) return true;
    return *seen.rbegin() - counter < Size && seen.count(counter) == 0;
  }
  std::set<std::uint64_t> seen;
};

template <std::size_t Size>
void compareWithModel(std::uint64_t seed, std::uint64_t spread, std::uint64_t start) {
  SeededRandom random(seed);
  ReplayWindow<Size> window;
  Model<Size> model;
  std::uint64_t front = start;
  for (int i = 0; i < 20000; ++i) {
    if (random.next64() % 4 == 0) front += random.next64() % spread;
    const std::uint64_t back = random.next64() % (Size + Size / 4);
    const std::uint64_t counter = back > front ? 0 : front - back;
    ASSERT_EQ(window.check(counter), model.check(counter))
        << "seed " << seed << ", round " << i << ", counter " << counter;
    if (model.check(counter)) {
      window.advance(counter);
      model.seen.insert(counter);
    }
  }
}

TEST(ReplayWindowTest, EqualsItsDefinition) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    compareWithModel<64>(seed, 3, 0);
    compareWithModel<128>(seed, 400, 1000);
    compareWithModel<1024>(seed, 40, 0);
    compareWithModel<8192>(seed, 300, std::uint64_t{1} << 47);
  }
}

TEST(ReplayWindowTest, HoldsExactlyItsSize) {
  SegmentReplayWindow window;
  window.advance(0);
  window.advance(8191);
  EXPECT_FALSE(window.check(0));
  EXPECT_TRUE(window.check(1));
  window.advance(8192);
  EXPECT_FALSE(window.check(0)) << "now older than the window";
  EXPECT_TRUE(window.check(1));
  window.advance(8193);
  EXPECT_FALSE(window.check(1));
  EXPECT_EQ(SegmentReplayWindow::SIZE, 8192U);
  EXPECT_EQ(PairReplayWindow::SIZE, 1024U);
}

TEST(ReplayWindowTest, CheckingChangesNothing) {
  PairReplayWindow window;
  EXPECT_TRUE(window.empty());
  EXPECT_TRUE(window.check(5));
  EXPECT_TRUE(window.check(5));
  EXPECT_TRUE(window.empty());
  window.advance(5);
  EXPECT_FALSE(window.empty());
  EXPECT_FALSE(window.check(5));
  EXPECT_EQ(window.greatest(), 5U);
}

TEST(ReplayWindowTest, SurvivesTheEndOfTheCounterSpace) {
  constexpr std::uint64_t LAST = std::numeric_limits<std::uint64_t>::max();
  PairReplayWindow window;
  window.advance(3);
  window.advance(LAST);
  EXPECT_FALSE(window.check(LAST));
  EXPECT_FALSE(window.check(3));
  EXPECT_TRUE(window.check(LAST - 1023));
  EXPECT_FALSE(window.check(LAST - 1024));
}

TEST(KeyEpochTest, RecoversWhatIsWithinSevenOfCurrent) {
  for (std::uint32_t current = 0; current < 100; ++current) {
    for (std::uint32_t epoch = current < 7 ? 0 : current - 7; epoch <= current + 7; ++epoch) {
      EXPECT_EQ(recoverKeyEpoch(keyEpochBits(epoch), current), epoch);
    }
  }
}

TEST(KeyEpochTest, AcceptsNeighboursOnlyAndThePreviousOnlyInItsGrace) {
  for (std::uint32_t current = 1; current < 50; ++current) {
    for (std::uint32_t bits = 0; bits < 16; ++bits) {
      const auto low = static_cast<std::uint8_t>(bits);
      const auto inGrace = acceptKeyEpoch(low, current, true);
      const auto later = acceptKeyEpoch(low, current, false);
      const bool previous = bits == keyEpochBits(current - 1);
      const bool neighbour = bits == keyEpochBits(current) || bits == keyEpochBits(current + 1);
      EXPECT_EQ(inGrace.has_value(), previous || neighbour);
      EXPECT_EQ(later.has_value(), neighbour);
      if (later) {
        EXPECT_EQ(inGrace, later);
      }
    }
  }
  EXPECT_FALSE(acceptKeyEpoch(15, 0, true)) << "nothing was before epoch 0";
}

}  // namespace
}  // namespace srwan::test
