// Which list is dead, told from who was silent beside whom.
#include "engine/liveness_evidence.h"

#include <gtest/gtest.h>

namespace srwan::test {
namespace {

constexpr Nanos START = 1000 * SECOND;
constexpr std::uint32_t NEEDED = 4;

Nanos after(Nanos milliseconds) { return START + milliseconds * MILLISECOND; }

struct Burst {
  LivenessEvidence evidence;

  // One probe over each pair; those that answer do so at once.
  void step(Nanos at, std::initializer_list<Combination> answering) {
    for (const auto combination :
         {Combination::active, Combination::otherForward, Combination::otherReverse, Combination::standby})
      evidence.sent(combination, number(at, combination), after(at), after(at + 40));
    for (const auto combination : answering) answer(at, combination);
  }
  void answer(Nanos at, Combination combination) { evidence.answered(number(at, combination)); }
  LivenessVerdict judge(Nanos now) {
    while (evidence.expire(after(now)) != nullptr) {
    }
    return evidence.judge({after(0), NEEDED}, {});
  }
  static std::uint32_t number(Nanos at, Combination combination) {
    return static_cast<std::uint32_t>(4 * at) + static_cast<std::uint32_t>(combination);
  }
};

TEST(LivenessEvidence, TheListIsDeadThatIsSilentWhileItsWitnessAnswers) {
  for (const auto& [answering, verdict] : {std::pair{Combination::otherForward, LivenessVerdict::forward},
                                           std::pair{Combination::otherReverse, LivenessVerdict::reverse},
                                           std::pair{Combination::standby, LivenessVerdict::both}}) {
    Burst burst;
    burst.step(0, {answering});
    EXPECT_EQ(burst.judge(40), LivenessVerdict::undecided) << "two are too few";
    burst.step(20, {answering});
    EXPECT_EQ(burst.judge(59), LivenessVerdict::undecided);
    EXPECT_EQ(burst.judge(60), verdict);
  }
}

// The forward link that all pairs share is cut and comes back; the answer over the shorter way back is there first.
TEST(LivenessEvidence, WhatWasSilentWhileNothingAnsweredSaysNothingAgainstOneList) {
  Burst burst;
  for (Nanos at = 0; at < 100; at += 20) burst.step(at, {});
  burst.step(100, {Combination::otherReverse});
  EXPECT_EQ(burst.judge(139), LivenessVerdict::undecided);
  burst.answer(100, Combination::active);
  EXPECT_EQ(burst.judge(140), LivenessVerdict::alive);
}

TEST(LivenessEvidence, SilenceOlderThanABurstIsForgottenOnceSomethingAnswers) {
  Burst burst;
  for (Nanos at = 0; at < 100; at += 20) burst.step(at, {});
  burst.step(1000, {Combination::otherReverse});
  EXPECT_EQ(burst.judge(1040), LivenessVerdict::undecided) << "two of the witness's time, ten of another";
  burst.step(1020, {Combination::otherReverse});
  EXPECT_EQ(burst.judge(1060), LivenessVerdict::reverse);
}

}  // namespace
}  // namespace srwan::test
