// When a lane takes its turn instead of being served at once.
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

TEST(UrgencyRuleTest, isUrgentAtFirstAndForFewPackets) {
  Traffic traffic;
  EXPECT_TRUE(traffic.rule.urgent());
  EXPECT_EQ(traffic.run(10, 100, 200), 0);
  EXPECT_TRUE(traffic.rule.urgent());
}

TEST(UrgencyRuleTest, takesItsTurnWithManySmallPackets) {
  Traffic traffic;
  EXPECT_EQ(traffic.run(100, 1400, 100), 1);
  EXPECT_FALSE(traffic.rule.urgent());
}

TEST(UrgencyRuleTest, staysUrgentForSuperPackets) {
  Traffic traffic;
  EXPECT_EQ(traffic.run(100, 64'000, 100), 0);
  EXPECT_TRUE(traffic.rule.urgent());
}

TEST(UrgencyRuleTest, changesItsMindOnceBetweenTheBounds) {
  Traffic traffic;
  traffic.run(100, 1400, 50);
  ASSERT_FALSE(traffic.rule.urgent());
  // Below what made it calm, above what makes it urgent.
  EXPECT_EQ(traffic.run(15, 12'000, 100), 0);
  EXPECT_FALSE(traffic.rule.urgent());
  EXPECT_EQ(traffic.run(5, 1400, 100), 1);
  EXPECT_TRUE(traffic.rule.urgent());
  EXPECT_EQ(traffic.run(15, 1400, 100), 0);
  EXPECT_TRUE(traffic.rule.urgent());
}

TEST(UrgencyRuleTest, isUrgentAgainForTheFirstPacketAfterAPause) {
  Traffic traffic;
  traffic.run(100, 100, 50);
  ASSERT_FALSE(traffic.rule.urgent());
  traffic.now += 10 * SECOND;
  EXPECT_TRUE(traffic.rule.note(1, 100, traffic.now));
  EXPECT_TRUE(traffic.rule.urgent());
}

TEST(UrgencyRuleTest, overflowsNowhereAfterALongTime) {
  UrgencyRule rule;
  EXPECT_FALSE(rule.note(1, 1, 1LL << 62));
  EXPECT_TRUE(rule.urgent());
}

}  // namespace
}  // namespace srwan
