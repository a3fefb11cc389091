#include "ipv4.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "random.h"

namespace wan {
namespace {

std::vector<uint8_t> packetOf(uint32_t length, bool dontFragment = false, uint8_t protocol = 17) {
  std::vector<uint8_t> packet(length, 0);
  for (uint32_t i = 20; i < length; ++i) packet[i] = static_cast<uint8_t>(i * 7);
  packet[0] = 0x45;
  store16(&packet[2], length);
  packet[6] = dontFragment ? 0x40 : 0;
  packet[8] = 64;
  packet[9] = protocol;
  store32(&packet[12], 0xc6120101);
  store32(&packet[16], 0xc6120201);
  store16(&packet[10], internetChecksum(packet.data(), 20));
  return packet;
}

TEST(Ipv4, TakesOnlySoundHeaders) {
  const auto good = packetOf(100);
  EXPECT_TRUE(isIpv4(good.data(), 100));
  EXPECT_FALSE(isIpv4(good.data(), 99));
  EXPECT_FALSE(isIpv4(good.data(), 10));
  auto bad = good;
  bad[0] = 0x65;
  EXPECT_FALSE(isIpv4(bad.data(), 100));
  bad[0] = 0x44;
  EXPECT_FALSE(isIpv4(bad.data(), 100));
  bad = packetOf(40);
  bad[0] = 0x4f;
  EXPECT_FALSE(isIpv4(bad.data(), 40));
}

TEST(Ipv4, FragmentsPutTogetherAreThePacket) {
  Random random(9, 0, 0);
  for (int round = 0; round < 500; ++round) {
    const auto length = static_cast<uint32_t>(100 + random.next() % 1400);
    const auto mtu = static_cast<uint32_t>(kMinMtu + random.next() % 1400);
    const auto packet = packetOf(length);
    std::vector<uint8_t> together(length, 0);
    std::vector<uint8_t> out(1600);
    uint32_t size = 0;
    uint32_t seen = 0;
    bool last = false;
    for (uint32_t i = 0; (size = fragment(packet.data(), length, mtu, i, out.data())) > 0; ++i) {
      ASSERT_LE(size, std::max(mtu, 28u));
      ASSERT_TRUE(isIpv4(out.data(), size));
      ASSERT_EQ(internetChecksum(out.data(), 20), 0);
      ASSERT_FALSE(last);
      last = (out[6] & 0x20) == 0;
      std::memcpy(&together[20 + (load16(&out[6]) & 0x1fff) * 8], &out[20], size - 20);
      seen += size - 20;
    }
    ASSERT_TRUE(last);
    ASSERT_EQ(seen, length - 20);
    ASSERT_EQ(0, std::memcmp(&together[20], &packet[20], length - 20));
  }
}

TEST(Ipv4, TellsTheSenderWhichSizeWouldDo) {
  const auto packet = packetOf(1400, true);
  EXPECT_TRUE(dontFragment(packet.data()));
  uint8_t out[576];
  const uint32_t length = fragmentationNeeded(packet.data(), 1400, 0xc6120001, 1300, out);
  ASSERT_EQ(length, 576u);
  EXPECT_TRUE(isIpv4(out, length));
  EXPECT_EQ(destinationOf(out), 0xc6120101u);
  EXPECT_EQ(out[20], 3);
  EXPECT_EQ(out[21], 4);
  EXPECT_EQ(load16(out + 26), 1300);
  EXPECT_EQ(internetChecksum(out, 20), 0);
  EXPECT_EQ(internetChecksum(out + 20, length - 20), 0);
  EXPECT_EQ(0, std::memcmp(out + 28, packet.data(), 548));
}

TEST(Ipv4, SendsNoErrorAboutAnErrorOrALaterFragment) {
  uint8_t out[576];
  auto error = packetOf(1400, true, 1);
  error[20] = 3;
  EXPECT_EQ(fragmentationNeeded(error.data(), 1400, 1, 1300, out), 0u);
  error[20] = 8;
  EXPECT_GT(fragmentationNeeded(error.data(), 1400, 1, 1300, out), 0u);
  auto later = packetOf(1400, true);
  later[7] = 5;
  EXPECT_EQ(fragmentationNeeded(later.data(), 1400, 1, 1300, out), 0u);
}

}  // namespace
}  // namespace wan
