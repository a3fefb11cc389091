#include "lateness.h"

#include <gtest/gtest.h>

namespace wan {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(Lateness, HasQuantilesWithinAnEighth) {
  Lateness lateness;
  for (uint64_t us = 1; us <= 10'000; ++us) lateness.record(100 * kSecond, us * 1000);
  const LatenessSummary summary = lateness.summary(100 * kSecond);
  EXPECT_EQ(summary.packets, 10'000u);
  EXPECT_NEAR(summary.p50Us, 5000, 5000 / 8);
  EXPECT_NEAR(summary.p99Us, 9900, 9900 / 8);
  EXPECT_EQ(summary.maxUs, 10'000);
}

TEST(Lateness, ForgetsAfterItsWindow) {
  Lateness lateness;
  lateness.record(100 * kSecond, 5'000'000);
  lateness.record(105 * kSecond, 1000);
  EXPECT_EQ(lateness.summary(105 * kSecond).maxUs, 5000);
  EXPECT_EQ(lateness.summary(110 * kSecond).packets, 1u);
  EXPECT_EQ(lateness.summary(110 * kSecond).maxUs, 1);
  EXPECT_EQ(lateness.summary(200 * kSecond).packets, 0u);
}

TEST(Lateness, TakesAnyValue) {
  Lateness lateness;
  for (int shift = 0; shift < 64; ++shift) lateness.record(kSecond, 1ULL << shift);
  EXPECT_EQ(lateness.summary(kSecond).packets, 64u);
  EXPECT_EQ(Lateness().summary(0).p99Us, 0);
}

}  // namespace
}  // namespace wan
