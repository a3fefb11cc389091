#include "wire/echo.h"

#include <gtest/gtest.h>

#include <random>

#include "support/hex.h"
#include "wire/data_plaintext.h"

namespace srwan::test {
namespace {

EchoBody some(std::size_t count) {
  EchoBody body;
  body.sequence = 7;
  body.count = count;
  for (std::size_t i = 0; i < count; ++i)
    body.entries[i] = {static_cast<std::uint32_t>(i / 3), static_cast<std::uint8_t>(i % 3), i * 1000};
  return body;
}

Bytes encoded(const EchoBody& body) {
  Bytes octets(MAX_ECHO_OCTETS);
  octets.resize(encodeEcho(body, octets));
  return octets;
}

TEST(EchoTest, ComesBackAsItWasForEveryCount) {
  for (std::size_t count = 1; count <= MAX_ECHO_ENTRIES; ++count) {
    EchoBody body = some(count);
    body.final = count % 2 == 1;
    const Bytes octets = encoded(body);
    ASSERT_EQ(octets.size(), ECHO_HEAD_OCTETS + count * ECHO_ENTRY_OCTETS);
    EXPECT_EQ(dataContent(octets), DataContent::echo);
    const auto back = decodeEcho(octets);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->final, body.final);
    EXPECT_EQ(back->sequence, 7U);
    EXPECT_TRUE(std::equal(back->view().begin(), back->view().end(), body.view().begin(), body.view().end()));
  }
}

TEST(EchoTest, SaysNothingTwiceAndNothingOutOfOrder) {
  EchoBody twice = some(2);
  twice.entries[1] = twice.entries[0];
  EXPECT_TRUE(encoded(twice).empty());
  EchoBody backwards = some(4);
  std::swap(backwards.entries[0], backwards.entries[3]);
  EXPECT_TRUE(encoded(backwards).empty());
  EXPECT_TRUE(encoded(some(0)).empty());
  Bytes octets = encoded(some(2));
  std::copy_n(octets.begin() + 8, 16, octets.begin() + 24);
  EXPECT_FALSE(decodeEcho(octets));
}

TEST(EchoTest, RefusesEveryOtherLengthAndEveryReservedOctet) {
  const Bytes octets = encoded(some(3));
  for (std::size_t size = 0; size < octets.size(); ++size) EXPECT_FALSE(decodeEcho(ByteView(octets).first(size)));
  Bytes longer = octets;
  longer.push_back(0);
  EXPECT_FALSE(decodeEcho(longer));
  for (const std::size_t at : {0, 3, 9, 10, 11}) {
    Bytes changed = octets;
    changed[at] ^= 0x10;
    EXPECT_FALSE(decodeEcho(changed)) << at;
  }
  Bytes flags = octets;
  flags[2] = 2;
  EXPECT_FALSE(decodeEcho(flags));
  Bytes none = octets;
  none[1] = 0;
  EXPECT_FALSE(decodeEcho(ByteView(none).first(ECHO_HEAD_OCTETS)));
  Bytes many(ECHO_HEAD_OCTETS + (MAX_ECHO_ENTRIES + 1) * ECHO_ENTRY_OCTETS);
  many[0] = ECHO_OCTET;
  many[1] = MAX_ECHO_ENTRIES + 1;
  for (std::size_t i = 0; i <= MAX_ECHO_ENTRIES; ++i) many[8 + 16 * i] = static_cast<std::uint8_t>(i);
  EXPECT_FALSE(decodeEcho(many));
}

TEST(EchoTest, WhateverIsReadIsWrittenTheSame) {
  std::mt19937 random(20261121);
  std::size_t read = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes octets = encoded(some(1 + random() % 4));
    octets[random() % octets.size()] = static_cast<std::uint8_t>(random());
    const auto body = decodeEcho(octets);
    if (!body) continue;
    ++read;
    EXPECT_EQ(encoded(*body), octets);
  }
  EXPECT_GT(read, 1000U);
}

}  // namespace
}  // namespace srwan::test
