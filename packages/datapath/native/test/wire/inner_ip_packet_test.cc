#include "wire/inner_ip_packet.h"

#include <gtest/gtest.h>

#include "support/fixed_random.h"

namespace srwan::test {
namespace {

std::uint16_t internetChecksum(ByteView header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < header.size(); i += 2) sum += load16(&header[i]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Bytes ipv4Packet(SeededRandom& random, std::size_t headerOctets, std::uint8_t ttl) {
  Bytes packet(headerOctets + 4);
  random.fill(packet);
  packet[0] = static_cast<std::uint8_t>(0x40 | (headerOctets / 4));
  store16(&packet[2], static_cast<std::uint16_t>(packet.size()));
  packet[8] = ttl;
  store16(&packet[10], 0);
  store16(&packet[10], internetChecksum(ByteView(packet).first(headerOctets)));
  return packet;
}

TEST(InnerIpv4, DecrementKeepsTheChecksumValid) {
  constexpr std::uint64_t SEED = 5;
  SeededRandom random(SEED);
  for (int i = 0; i < 50000; ++i) {
    const std::size_t headerOctets = 20 + 4 * (random.next64() % 11);
    Bytes packet = ipv4Packet(random, headerOctets, static_cast<std::uint8_t>(2 + random.next64() % 254));
    const std::uint8_t ttl = packet[8];
    ASSERT_TRUE(parseIpHeader(packet));
    ASSERT_TRUE(decrementHopLimit(packet));
    ASSERT_EQ(packet[8], ttl - 1);
    ASSERT_EQ(internetChecksum(ByteView(packet).first(headerOctets)), 0) << "seed " << SEED << ", round " << i;
  }
}

TEST(InnerIpv4, ReadsItsHeader) {
  const Bytes packet = fromHex("450000150000000040110000c0000201c6336407ff");
  const auto header = parseIpHeader(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source.version, 4);
  EXPECT_EQ(toHex(ByteView(header->source.octets).first(4)), "c0000201");
  EXPECT_EQ(toHex(ByteView(header->destination.octets).first(4)), "c6336407");
  EXPECT_EQ(header->hopLimit, 64);
  EXPECT_EQ(header->protocol, 17);
  EXPECT_EQ(header->headerOctets, 20);
}

TEST(InnerIpv4, RefusesLengthsThatDoNotAgree) {
  const Bytes packet = fromHex("450000150000000040110000c0000201c6336407ff");
  for (std::size_t size = 0; size < packet.size(); ++size) EXPECT_FALSE(parseIpHeader(ByteView(packet).first(size)));
  Bytes longer = packet;
  longer.push_back(0);
  EXPECT_FALSE(parseIpHeader(longer));
  Bytes shortHeader = packet;
  shortHeader[0] = 0x44;
  EXPECT_FALSE(parseIpHeader(shortHeader));
  Bytes headerBeyondTotal = packet;
  headerBeyondTotal[0] = 0x46;
  EXPECT_FALSE(parseIpHeader(headerBeyondTotal));
}

TEST(InnerIpv6, ReadsItsHeaderAndRefusesLengthsThatDoNotAgree) {
  Bytes packet(41);
  packet[0] = 0x60;
  packet[5] = 1;
  packet[6] = 58;
  packet[7] = 9;
  packet[8] = 0xfd;
  packet[39] = 7;
  const auto header = parseIpHeader(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source.version, 6);
  EXPECT_EQ(header->source.octets[0], 0xfd);
  EXPECT_EQ(header->destination.octets[15], 7);
  EXPECT_EQ(header->hopLimit, 9);
  EXPECT_EQ(header->protocol, 58);
  EXPECT_TRUE(decrementHopLimit(packet));
  EXPECT_EQ(packet[7], 8);
  for (std::size_t size = 0; size < packet.size(); ++size) EXPECT_FALSE(parseIpHeader(ByteView(packet).first(size)));
  packet.push_back(0);
  EXPECT_FALSE(parseIpHeader(packet));
}

TEST(InnerIp, ExpiresAtOneAndChangesNothingThen) {
  SeededRandom random(6);
  for (const std::uint8_t ttl : {0, 1}) {
    Bytes ipv4 = ipv4Packet(random, 20, ttl);
    const Bytes before = ipv4;
    EXPECT_FALSE(decrementHopLimit(ipv4));
    EXPECT_EQ(ipv4, before);
    Bytes ipv6(40);
    ipv6[0] = 0x60;
    ipv6[7] = ttl;
    EXPECT_FALSE(decrementHopLimit(ipv6));
    EXPECT_EQ(ipv6[7], ttl);
  }
  EXPECT_FALSE(parseIpHeader(fromHex("5000")));
  EXPECT_FALSE(parseIpHeader({}));
}

}  // namespace
}  // namespace srwan::test
