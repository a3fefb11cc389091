#include "timing-wheel.h"

#include <gtest/gtest.h>

#include <deque>

#include "random.h"

namespace wan {
namespace {

constexpr uint64_t kStep = 1ULL << kSlotShift;

TEST(TimingWheel, SaysNothingIsDueWhenEmpty) {
  TimingWheel wheel(12345);
  EXPECT_FALSE(wheel.nextDue().has_value());
  wheel.advance(99'999'999'999, [](Packet*) { FAIL(); });
}

TEST(TimingWheel, NeverSendsEarlyAndAtMostOneSlotLate) {
  TimingWheel wheel(1'000'000'000);
  Packet packet;
  packet.due = 1'005'000'001;
  wheel.insert(&packet);
  bool sent = false;
  wheel.advance(1'005'000'000, [&](Packet*) { sent = true; });
  EXPECT_FALSE(sent);
  ASSERT_TRUE(wheel.nextDue().has_value());
  EXPECT_GE(*wheel.nextDue(), packet.due);
  EXPECT_LT(*wheel.nextDue(), packet.due + kStep);
  wheel.advance(*wheel.nextDue(), [&](Packet*) { sent = true; });
  EXPECT_TRUE(sent);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimingWheel, KeepsPacketsForSeveralTurns) {
  TimingWheel wheel(0);
  Packet packet;
  packet.due = 7 * kSlots * kStep + 3 * kStep;
  wheel.insert(&packet);
  uint64_t now = 0;
  int woken = 0;
  while (wheel.size() > 0) {
    ASSERT_TRUE(wheel.nextDue().has_value());
    ASSERT_GT(*wheel.nextDue(), now);
    now = *wheel.nextDue();
    ++woken;
    wheel.advance(now, [&](Packet* p) { EXPECT_LE(p->due, now); });
  }
  EXPECT_GE(now, packet.due);
  EXPECT_LT(now, packet.due + kStep);
  EXPECT_LE(woken, 9);
}

// Against a plain list: what is sent by `advance(now)` is exactly what is due, whatever was inserted when.
TEST(TimingWheel, AgreesWithAListUnderRandomUse) {
  Random random(20, 1, 2);
  TimingWheel wheel(5'000'000'000);
  std::deque<Packet> packets;
  std::vector<Packet*> waiting;
  uint64_t now = 5'000'000'000;
  for (int round = 0; round < 3000; ++round) {
    for (uint64_t i = random.next() % 4; i > 0; --i) {
      Packet& packet = packets.emplace_back();
      packet.due = now + random.next() % (random.next() % 8 == 0 ? 6'000'000'000ULL : 40'000'000ULL);
      wheel.insert(&packet);
      waiting.push_back(&packet);
    }
    now += random.next() % (random.next() % 50 == 0 ? 4'000'000'000ULL : 3'000'000ULL);
    wheel.advance(now, [&](Packet* p) {
      EXPECT_LE(p->due, now);
      EXPECT_EQ(std::erase(waiting, p), 1u);
    });
    for (const Packet* p : waiting) ASSERT_GT(p->due + 2 * kStep, now) << "round " << round;
    ASSERT_EQ(wheel.size(), waiting.size());
  }
}

TEST(TimingWheel, KeepsTheOrderOfPacketsWhoseDueTimesDoNotDecrease) {
  Random random(21, 1, 2);
  TimingWheel wheel(0);
  std::deque<Packet> packets;
  uint64_t due = 1000;
  for (uint32_t i = 0; i < 5000; ++i) {
    Packet& packet = packets.emplace_back();
    packet.due = due += random.next() % 9000;
    packet.length = i;
    wheel.insert(&packet);
  }
  uint32_t expected = 0;
  for (uint64_t now = 0; wheel.size() > 0; now += 777'777)
    wheel.advance(now, [&](Packet* p) { EXPECT_EQ(p->length, expected++); });
}

TEST(PacketPool, GivesNoMoreThanItsCapAndTakesThemBack) {
  PacketPool pool;
  std::vector<Packet*> taken;
  while (Packet* packet = pool.take()) taken.push_back(packet);
  EXPECT_EQ(taken.size(), kMaxPackets);
  EXPECT_EQ(pool.used(), kMaxPackets);
  for (Packet* packet : taken) pool.give(packet);
  EXPECT_EQ(pool.used(), 0u);
  EXPECT_NE(pool.take(), nullptr);
}

}  // namespace
}  // namespace wan
