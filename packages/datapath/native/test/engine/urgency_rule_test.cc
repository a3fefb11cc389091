// When a lane is served at once, without interrupting others, or in its turn.
#include "engine/shell/urgency_rule.h"

#include <gtest/gtest.h>

namespace srwan {
namespace {

constexpr Nanos STEP = 10 * MILLISECOND;

struct Traffic {
  UrgencyRule rule;
  Nanos now = SECOND;

  // @returns changes of mind on the way
  int run(std::size_t messagesAStep, std::size_t octetsOfOne, int steps) {
    int changes = 0;
    for (int i = 0; i < steps; ++i, now += STEP)
      changes += rule.note(messagesAStep, messagesAStep * octetsOfOne, now) ? 1 : 0;
    return changes;
  }
};

TEST(UrgencyRuleTest, servesFewMessagesAtOnceOfWhateverSize) {
  Traffic traffic;
  EXPECT_EQ(traffic.rule.urgency(), Urgency::immediate);
  EXPECT_EQ(traffic.run(10, 100, 200), 0);
  EXPECT_EQ(traffic.run(10, 64'000, 200), 0);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::immediate);
}

TEST(UrgencyRuleTest, takesItsTurnWithManySmallPackets) {
  Traffic traffic;
  EXPECT_EQ(traffic.run(100, 1400, 100), 1);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::ordinary);
}

TEST(UrgencyRuleTest, interruptsNobodyForManySuperPackets) {
  Traffic traffic;
  EXPECT_EQ(traffic.run(100, 64'000, 100), 1);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::batched);
}

TEST(UrgencyRuleTest, followsTheSizeOfMany) {
  Traffic traffic;
  traffic.run(100, 1400, 50);
  EXPECT_EQ(traffic.run(100, 40'000, 50), 1);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::batched);
  // Between the bounds.
  EXPECT_EQ(traffic.run(100, 12'000, 50), 0);
  EXPECT_EQ(traffic.run(100, 1400, 50), 1);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::ordinary);
}

TEST(UrgencyRuleTest, changesItsMindOnceBetweenTheBounds) {
  Traffic traffic;
  traffic.run(100, 1400, 50);
  ASSERT_EQ(traffic.rule.urgency(), Urgency::ordinary);
  // Fewer than many, more than few; larger than small.
  EXPECT_EQ(traffic.run(15, 12'000, 100), 0);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::ordinary);
  EXPECT_EQ(traffic.run(5, 1400, 100), 1);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::immediate);
  EXPECT_EQ(traffic.run(15, 1400, 100), 0);
  EXPECT_EQ(traffic.rule.urgency(), Urgency::immediate);
}

TEST(UrgencyRuleTest, servesTheFirstPacketAfterAPauseAtOnce) {
  Traffic traffic;
  traffic.run(100, 100, 50);
  ASSERT_EQ(traffic.rule.urgency(), Urgency::ordinary);
  traffic.now += 10 * SECOND;
  EXPECT_TRUE(traffic.rule.note(1, 100, traffic.now));
  EXPECT_EQ(traffic.rule.urgency(), Urgency::immediate);
}

TEST(UrgencyRuleTest, overflowsNowhereAfterALongTime) {
  UrgencyRule rule;
  EXPECT_FALSE(rule.note(1, 1, 1LL << 62));
  EXPECT_EQ(rule.urgency(), Urgency::immediate);
}

}  // namespace
}  // namespace srwan
