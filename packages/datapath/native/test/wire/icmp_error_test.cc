#include "wire/icmp_error.h"

#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/reference_checksum.h"
#include "wire/ipv4_fragments.h"

namespace srwan::test {
namespace {

constexpr std::uint8_t UDP = 17;
constexpr std::uint8_t ICMPV6 = 58;

Bytes ipv6(std::uint8_t next, std::initializer_list<int> rest, std::size_t padding = 0) {
  Bytes packet(40 + rest.size() + padding);
  packet[0] = 0x60;
  store16(&packet[4], static_cast<std::uint16_t>(packet.size() - 40));
  packet[6] = next;
  packet[7] = 64;
  packet[8] = packet[24] = 0xfd;
  packet[23] = 1;
  packet[39] = 2;
  std::size_t at = 40;
  for (const int octet : rest) packet[at++] = static_cast<std::uint8_t>(octet);
  return packet;
}

Bytes ipv4(std::uint8_t protocol, std::initializer_list<int> rest, std::size_t padding = 0) {
  Bytes packet(20 + rest.size() + padding);
  packet[0] = 0x45;
  store16(&packet[2], static_cast<std::uint16_t>(packet.size()));
  packet[8] = 64;
  packet[9] = protocol;
  store32(&packet[12], 0xc0000201);
  store32(&packet[16], 0xc6336407);
  std::size_t at = 20;
  for (const int octet : rest) packet[at++] = static_cast<std::uint8_t>(octet);
  return packet;
}

std::size_t answered(const Bytes& packet, IcmpProblem problem = IcmpProblem::tooBig) {
  Bytes out(MAX_ICMP_ERROR_OCTETS);
  IcmpError error{problem, 1280, {}};
  error.source.version = packet[0] >> 4;
  return encodeIcmpError(error, packet, out);
}

TEST(IcmpError, QuotesAllOfAShortPacketAndNoMoreOfALongOneThanMayBe) {
  EXPECT_EQ(answered(ipv6(UDP, {}, 100)), 40u + 8 + 140);
  EXPECT_EQ(answered(ipv6(UDP, {}, 1400)), 1280u);
  EXPECT_EQ(answered(ipv4(UDP, {}, 100)), 20u + 8 + 120);
  EXPECT_EQ(answered(ipv4(UDP, {}, 1400)), 576u);
  Bytes small(200);
  EXPECT_EQ(encodeIcmpError({IcmpProblem::tooBig, 1280, {}}, ipv6(UDP, {}, 400), small), 0u);
}

TEST(IcmpError, ChecksumsAreRightForOddSizesToo) {
  for (std::size_t padding = 0; padding < 9; ++padding) {
    Bytes out(MAX_ICMP_ERROR_OCTETS);
    const Bytes packet = ipv6(UDP, {}, padding);
    const std::size_t size = encodeIcmpError({IcmpProblem::unreachable, 0, {}}, packet, out);
    ASSERT_GT(size, 0u);
    const ByteView answer = ByteView(out).first(size);
    EXPECT_EQ(answer[40], 1);
    const std::uint64_t pseudo = checksumOver(answer.subspan(8, 32), static_cast<std::uint32_t>(size - 40) + ICMPV6);
    EXPECT_EQ(foldedChecksum(checksumOver(answer.subspan(40), pseudo)), 0);
  }
}

// RFC 1071, section 3: the example's sum is ddf2.
TEST(IcmpError, ChecksumIsThatOfRfc1071) {
  const Bytes example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(foldedChecksum(checksumOver(example)), static_cast<std::uint16_t>(~0xddf2));
}

TEST(IcmpError, NeverAnswersWhatMustNotBeAnswered) {
  // Errors and redirects, behind extension headers too; queries are.
  EXPECT_EQ(answered(ipv6(ICMPV6, {1, 0, 0, 0, 0, 0, 0, 0})), 0u);
  EXPECT_EQ(answered(ipv6(ICMPV6, {137, 0, 0, 0, 0, 0, 0, 0})), 0u);
  EXPECT_EQ(answered(ipv6(0, {ICMPV6, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0})), 0u);
  EXPECT_EQ(answered(ipv6(44, {ICMPV6, 0, 0, 8, 0, 0, 0, 1, 128, 0, 0, 0})), 0u);
  EXPECT_EQ(answered(ipv6(0, {ICMPV6, 9, 0, 0})), 0u);
  EXPECT_GT(answered(ipv6(ICMPV6, {128, 0, 0, 0, 0, 0, 0, 0})), 0u);
  EXPECT_GT(answered(ipv6(0, {ICMPV6, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0})), 0u);
  EXPECT_EQ(answered(ipv4(1, {3, 4, 0, 0})), 0u);
  EXPECT_EQ(answered(ipv4(1, {11, 0, 0, 0})), 0u);
  EXPECT_GT(answered(ipv4(1, {8, 0, 0, 0})), 0u);
  // Later fragments, and senders that nobody is.
  Bytes later = ipv4(UDP, {1, 2, 3, 4});
  store16(&later[6], 3);
  EXPECT_EQ(answered(later), 0u);
  for (const std::uint32_t source : {0u, 0x7f000001u, 0xe0000001u, 0xffffffffu}) {
    Bytes packet = ipv4(UDP, {1, 2, 3, 4});
    store32(&packet[12], source);
    EXPECT_EQ(answered(packet), 0u) << source;
  }
  Bytes anonymous = ipv6(UDP, {1, 2, 3, 4});
  std::fill_n(anonymous.begin() + 8, 16, std::uint8_t{0});
  EXPECT_EQ(answered(anonymous), 0u);
  anonymous[8] = 0xff;
  EXPECT_EQ(answered(anonymous), 0u);
  // Multicast hears of its size (RFC 4443, 2.4 e.3) and of nothing else.
  Bytes group = ipv6(UDP, {1, 2, 3, 4});
  group[24] = 0xff;
  EXPECT_GT(answered(group), 0u);
  EXPECT_EQ(answered(group, IcmpProblem::unreachable), 0u);
}

TEST(IcmpError, AnyOctetsAreReadWithinTheirBounds) {
  constexpr std::uint64_t SEED = 11;
  SeededRandom random(SEED);
  for (int i = 0; i < 50000; ++i) {
    Bytes packet = i % 2 == 0 ? ipv6(0, {}, random.next64() % 60) : ipv4(1, {}, random.next64() % 60);
    const std::size_t from = i % 2 == 0 ? 40 : 20;
    if (packet.size() > from) random.fill(ByteSpan(packet).subspan(from));
    if (i % 2 == 0) packet[6] = static_cast<std::uint8_t>(std::array{0, 43, 44, 60, 58}[random.next64() % 5]);
    EXPECT_LE(answered(packet), MAX_ICMP_ERROR_OCTETS);
  }
}

TEST(Ipv4Fragments, CarryAllDataOptionsAndFlagsOfThePacket) {
  // Options: no operation, a copied one of 4 octets (security), one of 3 that is not copied (record route); a fragment
  // itself, in the middle of its packet.
  Bytes packet(28 + 1000);
  packet[0] = 0x47;
  store16(&packet[2], static_cast<std::uint16_t>(packet.size()));
  store16(&packet[4], 0xbeef);
  store16(&packet[6], 0x2000 | 100);
  packet[8] = 9;
  packet[9] = UDP;
  const Bytes options{1, 0x82, 4, 0xaa, 0xbb, 7, 3, 4};
  std::copy(options.begin(), options.end(), packet.begin() + 20);
  for (std::size_t i = 28; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i * 7);
  Ipv4Fragments fragments(packet, 300);
  Bytes out(300);
  Bytes data;
  std::size_t count = 0;
  while (const std::size_t size = fragments.next(out)) {
    const ByteView fragment = ByteView(out).first(size);
    const std::size_t header = (fragment[0] & 15u) * 4;
    EXPECT_LE(size, 300u);
    ASSERT_TRUE(parseIpHeader(fragment));
    EXPECT_EQ(foldedChecksum(checksumOver(fragment.first(header))), 0);
    EXPECT_EQ(header, count == 0 ? 28u : 24u);
    if (count > 0) {
      EXPECT_EQ(Bytes(fragment.begin() + 20, fragment.begin() + 24), (Bytes{0x82, 4, 0xaa, 0xbb}));
    }
    EXPECT_EQ(load16(&fragment[4]), 0xbeef);
    EXPECT_EQ(load16(&fragment[6]), 0x2000 | (100 + data.size() / 8)) << "more fragments: the packet was one itself";
    EXPECT_EQ(fragment[8], 9);
    data.insert(data.end(), fragment.begin() + static_cast<std::ptrdiff_t>(header), fragment.end());
    ++count;
  }
  EXPECT_EQ(count, 4u);
  EXPECT_EQ(data, Bytes(packet.begin() + 28, packet.end()));
}

TEST(Ipv4Fragments, TheLastOneEndsThePacketAndABrokenOptionIsNotFollowed) {
  Bytes packet(24 + 100);
  packet[0] = 0x46;
  store16(&packet[2], static_cast<std::uint16_t>(packet.size()));
  packet[20] = 0x83;
  packet[21] = 200;
  Ipv4Fragments fragments(packet, MIN_IPV4_MTU);
  Bytes out(MIN_IPV4_MTU);
  std::size_t data = 0;
  bool more = true;
  while (const std::size_t size = fragments.next(out)) {
    ASSERT_TRUE(more);
    more = (out[6] & 0x20) != 0;
    data += size - (out[0] & 15u) * 4;
  }
  EXPECT_FALSE(more);
  EXPECT_EQ(data, 100u);
  EXPECT_TRUE(mustStayWhole(ipv6(UDP, {})));
  EXPECT_FALSE(mustStayWhole(packet));
  packet[6] = 0x40;
  EXPECT_TRUE(mustStayWhole(packet));
}

}  // namespace
}  // namespace srwan::test
