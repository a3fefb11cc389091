// Super-packets from the TUN: what is believed of their headers, and what they are cut into.
#include <gtest/gtest.h>

#include <chrono>

#include "engine/offload/inner_cutter.h"
#include "offload_packets.h"

namespace srwan::test {
namespace {

std::vector<Packet> cutAll(const InnerCutter& cutter) {
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < cutter.count(); ++i) {
    // One more octet on each side, to see that none of them is written.
    Packet out(cutter.size(i) + 2, 0xaa);
    cutter.write(i, ByteSpan(out).subspan(1, cutter.size(i)));
    EXPECT_EQ(out.front(), 0xaa);
    EXPECT_EQ(out.back(), 0xaa);
    packets.emplace_back(out.begin() + 1, out.end() - 1);
  }
  return packets;
}

std::array<std::uint8_t, VIRTIO_HEADER_OCTETS> encoded(const PacketOffload& offload) {
  std::array<std::uint8_t, VIRTIO_HEADER_OCTETS> header{};
  offload.encode(header);
  return header;
}

TEST(InternetChecksum, isThatOfOneWordAtATime) {
  std::mt19937_64 random(1);
  for (std::size_t size = 0; size < 400; ++size) {
    Packet octets(size + 3);
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
    const std::size_t at = random() % 4;
    const ByteView part = ByteView(octets).subspan(at < 3 ? at : 0, size);
    std::uint8_t field[2];
    storeChecksum(field, checksumAdd(0, part));
    EXPECT_EQ(load16(field), slowChecksum(part)) << size;
  }
  const Packet ones(65'535, 0xff);
  std::uint8_t field[2];
  storeChecksum(field, checksumAdd(0, ones));
  EXPECT_EQ(load16(field), slowChecksum(ones));
}

// For a look at the speed: --gtest_also_run_disabled_tests --gtest_filter=*speed*
TEST(InternetChecksum, DISABLED_speed) {
  const Packet octets(1400, 3);
  std::uint64_t sum = 0;
  constexpr int ROUNDS = 1'000'000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < ROUNDS; ++i) sum = checksumFold(checksumAdd(sum, octets));
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  printf("%.1f ns for %zu octets (%llx)\n", took.count() / ROUNDS, octets.size(), static_cast<unsigned long long>(sum));
}

TEST(PacketOffload, isWhatWasEncoded) {
  for (const int version : {4, 6}) {
    for (const bool isTcp : {true, false}) {
      Packet packet = makePacket({.version = version, .tcp = isTcp, .payload = 5000});
      const PacketOffload offload = asSuperPacket(packet, 1200);
      const auto parsed = PacketOffload::parse(encoded(offload), packet);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->gso, offload.gso);
      EXPECT_EQ(parsed->headerOctets, offload.headerOctets);
      EXPECT_EQ(parsed->segmentSize, 1200);
    }
  }
}

TEST(PacketOffload, believesTheLengthOfTheHeadersOfThePacketOnly) {
  Packet packet = makePacket({.payload = 5000});
  PacketOffload offload = asSuperPacket(packet, 1200);
  offload.headerOctets = 4000;
  EXPECT_EQ(PacketOffload::parse(encoded(offload), packet)->headerOctets, 52);
}

TEST(PacketOffload, refusesWhatDoesNotFitThePacket) {
  Packet packet = makePacket({.payload = 5000});
  const PacketOffload good = asSuperPacket(packet, 1200);
  ASSERT_TRUE(PacketOffload::parse(encoded(good), packet));
  const auto refused = [&](auto change) {
    PacketOffload bad = good;
    change(bad);
    return !PacketOffload::parse(encoded(bad), packet);
  };
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.gso = Gso::tcp6; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.gso = Gso::udp; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.segmentSize = 0; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.needsChecksum = false; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.checksumStart = 10; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.checksumStart = 24; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.checksumOffset = 6; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.gso = Gso::none, bad.checksumStart = 5070; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.gso = Gso::none, bad.checksumOffset = 65'535; }));
  EXPECT_TRUE(refused([](PacketOffload& bad) { bad.gso = Gso::none, bad.checksumStart = 0, bad.checksumOffset = 2; }));
  packet[32] = 0xf0;
  packet.resize(60);
  store16(&packet[2], 60);
  EXPECT_FALSE(PacketOffload::parse(encoded(good), packet)) << "TCP header longer than the packet";
  EXPECT_FALSE(PacketOffload::parse(encoded(good), {}));
  EXPECT_FALSE(PacketOffload::parse(ByteView(encoded(good)).first(9), packet));
}

TEST(PacketOffload, anyOctetsAreEitherRefusedOrSafeToCut) {
  std::mt19937_64 random(2);
  std::size_t cut = 0;
  for (int round = 0; round < 200'000; ++round) {
    const PacketShape shape{.version = random() % 2 == 0 ? 4 : 6,
                            .tcp = random() % 2 == 0,
                            .payload = random() % 300,
                            .options = random() % 11 * 4};
    Packet packet = makePacket(shape);
    auto header = encoded(asSuperPacket(packet, random() % 100));
    for (std::uint64_t changes = random() % 4; changes > 0; --changes) {
      const std::uint64_t where = random();
      if (where % 2 == 0) header[where / 2 % header.size()] = static_cast<std::uint8_t>(random());
      if (where % 2 == 1) packet[where / 2 % 64 % packet.size()] = static_cast<std::uint8_t>(random());
    }
    const auto offload = PacketOffload::parse(header, packet);
    if (!offload) continue;
    const InnerCutter cutter(packet, *offload, 60 + random() % 200);
    if (cutter.verdict() == InnerCutter::Verdict::whole && offload->needsChecksum) completeChecksum(packet, *offload);
    if (cutter.verdict() != InnerCutter::Verdict::cut) continue;
    ++cut;
    std::size_t octets = 0;
    for (const Packet& piece : cutAll(cutter)) octets += piece.size() - offload->headerOctets;
    ASSERT_EQ(octets, packet.size() - offload->headerOctets);
  }
  EXPECT_GT(cut, 10'000u);
}

TEST(CompleteChecksum, isRightAndNeverZeroForUdp) {
  for (const int version : {4, 6}) {
    for (const bool isTcp : {true, false}) {
      const Packet whole = makePacket({.version = version, .tcp = isTcp, .payload = 333});
      Packet packet = whole;
      PacketOffload offload = asSuperPacket(packet, 0);
      offload.gso = Gso::none;
      const auto parsed = PacketOffload::parse(encoded(offload), packet);
      ASSERT_TRUE(parsed);
      completeChecksum(packet, *parsed);
      EXPECT_EQ(packet, whole);
    }
  }
  // A payload whose checksum comes to zero.
  Packet packet = makePacket({.tcp = false, .payload = 2});
  store16(&packet[28], static_cast<std::uint16_t>(load16(&packet[28]) + load16(&packet[26])));
  if (!checksumsHold(packet)) setChecksum(packet);
  PacketOffload offload = asSuperPacket(packet, 0);
  offload.gso = Gso::none;
  completeChecksum(packet, offload);
  EXPECT_NE(load16(&packet[26]), 0);
  EXPECT_TRUE(checksumsHold(packet));
}

TEST(InnerCutter, tcpPacketsAreThoseThatWouldHaveBeenSentOneByOne) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    PacketShape shape;
    shape.version = random() % 2 == 0 ? 4 : 6;
    shape.sequence = static_cast<std::uint32_t>(random());
    shape.flags = static_cast<std::uint8_t>(tcp::ACK | (random() & (tcp::FIN | tcp::PSH | tcp::CWR)));
    shape.payload = 1 + random() % 20'000;
    shape.options = random() % 11 * 4;
    shape.identification = static_cast<std::uint16_t>(random());
    Packet packet = makePacket(shape);
    const std::size_t segment = 100 + random() % 1400;
    const std::size_t maxInner = 200 + random() % 1400;
    const auto offload = PacketOffload::parse(encoded(asSuperPacket(packet, segment)), packet);
    ASSERT_TRUE(offload);
    const InnerCutter cutter(packet, *offload, maxInner);
    ASSERT_EQ(cutter.verdict(), InnerCutter::Verdict::cut);
    const std::size_t each = std::min({segment, maxInner - offload->headerOctets, shape.payload});
    const std::vector<Packet> packets = cutAll(cutter);
    ASSERT_EQ(packets.size(), (shape.payload + each - 1) / each);
    for (std::size_t i = 0; i < packets.size(); ++i) {
      PacketShape expected = shape;
      expected.position = static_cast<std::uint32_t>(i * each);
      expected.sequence = shape.sequence + expected.position;
      expected.payload = std::min(each, shape.payload - i * each);
      expected.identification = static_cast<std::uint16_t>(shape.identification + i);
      if (i > 0) expected.flags &= static_cast<std::uint8_t>(~tcp::CWR);
      if (i + 1 < packets.size()) expected.flags &= static_cast<std::uint8_t>(~(tcp::FIN | tcp::PSH));
      ASSERT_EQ(packets[i], makePacket(expected)) << round << ' ' << i;
      ASSERT_LE(packets[i].size(), maxInner);
    }
  }
}

TEST(InnerCutter, udpDatagramsKeepTheirBorders) {
  for (const int version : {4, 6}) {
    Packet packet = makePacket({.version = version, .tcp = false, .payload = 2500});
    const PacketOffload offload = asSuperPacket(packet, 1000);
    const std::size_t header = offload.headerOctets;
    const std::vector<Packet> packets = cutAll(InnerCutter(packet, offload, header + 1000));
    ASSERT_EQ(packets.size(), 3u);
    for (std::uint32_t i = 0; i < 3; ++i) {
      EXPECT_EQ(packets[i], makePacket({.version = version,
                                        .tcp = false,
                                        .payload = i < 2 ? 1000u : 500u,
                                        .identification = static_cast<std::uint16_t>(7 + i),
                                        .position = i * 1000}));
    }
    EXPECT_EQ(InnerCutter(packet, offload, header + 999).verdict(), InnerCutter::Verdict::tooBig);
  }
}

TEST(InnerCutter, leavesWholePacketsAndRefusesUselessOnes) {
  Packet packet = makePacket({.payload = 1000});
  EXPECT_EQ(InnerCutter(packet, {}, packet.size()).verdict(), InnerCutter::Verdict::whole);
  EXPECT_EQ(InnerCutter(packet, {}, packet.size() - 1).verdict(), InnerCutter::Verdict::tooBig);
  Packet large = makePacket({.payload = 60'000});
  EXPECT_EQ(InnerCutter(large, asSuperPacket(large, 2), 1400).verdict(), InnerCutter::Verdict::malformed);
  EXPECT_EQ(InnerCutter(large, asSuperPacket(large, 1000), 52).verdict(), InnerCutter::Verdict::tooBig);
}

}  // namespace
}  // namespace srwan::test
