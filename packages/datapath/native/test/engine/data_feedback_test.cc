// What a grown count proves of a list, and since when.
#include "engine/data_feedback.h"

#include <gtest/gtest.h>

namespace srwan::test {
namespace {

constexpr DataFeedback::Name NAME{7, {0, 1}};
constexpr Nanos START = 1000 * SECOND;

Nanos after(Nanos milliseconds) { return START + milliseconds * MILLISECOND; }

TEST(DataFeedback, ACountProvesOnlyWhatCannotHaveBeenSentBefore) {
  DataFeedback feedback;
  feedback.mark(NAME, after(0), 1000);
  feedback.mark(NAME, after(100), 2000);
  EXPECT_EQ(feedback.accepted(NAME, 1000, after(150), after(-50)), -NEVER) << "all of it may be older than the mark";
  EXPECT_EQ(feedback.accepted(NAME, 1001, after(160), after(-40)), after(0));
  EXPECT_EQ(feedback.accepted(NAME, 2000, after(170), after(-30)), after(0));
  EXPECT_EQ(feedback.accepted(NAME, 2001, after(180), after(-20)), after(100));
  EXPECT_EQ(feedback.carried().forward, after(100));
  EXPECT_EQ(feedback.carried().both(), -NEVER) << "nothing came back";
}

TEST(DataFeedback, WhatAnEarlierEchoShowedToBeLostIsNotExpectedAnyMore) {
  DataFeedback feedback;
  feedback.mark(NAME, after(0), 1000);
  feedback.mark(NAME, after(100), 2000);
  // All that was sent until the first mark has arrived or never will: 300 octets of it never.
  EXPECT_EQ(feedback.accepted(NAME, 700, after(50), after(10)), -NEVER);
  EXPECT_EQ(feedback.accepted(NAME, 1700, after(150), after(10)), after(0));
  EXPECT_EQ(feedback.accepted(NAME, 1701, after(151), after(10)), after(100));
}

TEST(DataFeedback, AMarkOlderThanTheLossesItIsTakenWithIsNotProvedByThem) {
  DataFeedback feedback;
  feedback.mark(NAME, after(0), 1000);
  feedback.mark(NAME, after(100), 2000);
  // 900 octets lost between the marks say nothing about what was sent before the first.
  feedback.accepted(NAME, 1000, after(200), after(110));
  EXPECT_EQ(feedback.accepted(NAME, 1000, after(300), after(110)), -NEVER);
}

TEST(DataFeedback, LossesThatMayHaveBeenStragglersAreForgotten) {
  DataFeedback feedback;
  feedback.mark(NAME, after(0), 1000);
  feedback.accepted(NAME, 700, after(50), after(10));
  feedback.mark(NAME, after(700), 2000);
  EXPECT_EQ(feedback.accepted(NAME, 1900, after(750), after(-10)), after(0));
}

TEST(DataFeedback, CountsUnderAnotherNameProveNothing) {
  DataFeedback feedback;
  feedback.mark(NAME, after(0), 1000);
  EXPECT_EQ(feedback.accepted({8, {0, 1}}, 5000, after(50), after(10)), -NEVER);
  EXPECT_EQ(feedback.accepted({7, {1, 1}}, 5000, after(50), after(10)), -NEVER);
  EXPECT_EQ(feedback.accepted({7, {0, 2}}, 5000, after(50), after(10)), -NEVER);
  feedback.mark({7, {1, 1}}, after(100), 10);
  EXPECT_EQ(feedback.accepted(NAME, 5000, after(150), after(10)), -NEVER);
  EXPECT_EQ(feedback.accepted({7, {1, 1}}, 11, after(150), after(10)), after(100));
}

TEST(DataFeedback, AnEchoIsDueOnlyWhereDataWasSentThatItCouldTellOf) {
  DataFeedback feedback;
  EXPECT_FALSE(feedback.flows(after(0)));
  feedback.heard(after(30));
  feedback.mark(NAME, after(0), 1000);
  feedback.mark(NAME, after(15), 1200);
  EXPECT_EQ(feedback.due(after(0)), -NEVER) << "no more than the probe itself";
  feedback.mark(NAME, after(100), 3000);
  feedback.mark(NAME, after(115), 3000);
  EXPECT_GT(feedback.due(after(0)), after(130));
  EXPECT_LT(feedback.due(after(0)), after(140));
  EXPECT_EQ(feedback.due(after(100)), -NEVER);
  EXPECT_TRUE(feedback.flows(after(1000)));
  EXPECT_FALSE(feedback.flows(after(1100)));
}

LivenessEvidence silentUnless(bool standbyAnswers) {
  LivenessEvidence evidence;
  for (std::uint32_t i = 0; i < 6; ++i) {
    evidence.sent(Combination::active, 2 * i, after(20 * i), after(20 * i + 40));
    evidence.sent(Combination::otherForward, 2 * i + 1, after(20 * i), after(20 * i + 40));
  }
  if (standbyAnswers) evidence.answered(1);
  while (evidence.expire(after(1000)) != nullptr) {
  }
  return evidence;
}

TEST(LivenessEvidence, SilenceCountsOnlyFromWhatDataHasProvedOn) {
  const LivenessEvidence evidence = silentUnless(true);
  EXPECT_EQ(evidence.judge({after(0), 4}, {}), LivenessVerdict::forward);
  EXPECT_EQ(evidence.judge({after(0), 4}, {.forward = after(20)}), LivenessVerdict::alive)
      << "forward by data, reverse by the mixed pair";
  EXPECT_EQ(evidence.judge({after(0), 4}, {.forward = after(-1)}), LivenessVerdict::forward)
      << "proof from before the doubt is none";
  EXPECT_EQ(silentUnless(false).judge({after(0), 4}, {.forward = after(0)}), LivenessVerdict::undecided);
  EXPECT_EQ(silentUnless(false).judge({after(0), 4}, {.forward = after(0), .reverse = after(0)}),
            LivenessVerdict::alive);
}

TEST(LivenessEvidence, AProbeIsHeldOnce) {
  LivenessEvidence evidence;
  evidence.sent(Combination::active, 1, after(0), after(50));
  LivenessProbe* missed = evidence.expire(after(50));
  ASSERT_NE(missed, nullptr);
  EXPECT_TRUE(missed->hold(after(60)));
  EXPECT_EQ(evidence.nextDeadline(), after(60));
  missed = evidence.expire(after(60));
  ASSERT_NE(missed, nullptr);
  EXPECT_EQ(missed->held, 10 * MILLISECOND);
  EXPECT_FALSE(missed->hold(after(70)));
  EXPECT_EQ(evidence.nextDeadline(), NEVER);
}

}  // namespace
}  // namespace srwan::test
