// Packets to the TUN: what is put together stands for exactly what went in.
#include <gtest/gtest.h>

#include <list>
#include <map>

#include "engine/offload/flow_coalescer.h"
#include "engine/offload/inner_cutter.h"
#include "offload_packets.h"

namespace srwan::test {
namespace {

// Takes super-packets apart as a kernel would.
struct Device final : CoalescedSink {
  void takeCoalesced(std::span<const iovec> pieces, std::size_t packets) override {
    Packet all;
    for (const iovec& piece : pieces) {
      const auto* octets = static_cast<const std::uint8_t*>(piece.iov_base);
      all.insert(all.end(), octets, octets + piece.iov_len);
    }
    const ByteView packet = ByteView(all).subspan(VIRTIO_HEADER_OCTETS);
    const auto offload = PacketOffload::parse(all, packet);
    ++writes;
    if (packets == 1) {
      for (std::size_t i = 0; i < VIRTIO_HEADER_OCTETS; ++i) EXPECT_EQ(all[i], 0);
      return out.emplace_back(packet.begin(), packet.end()), void();
    }
    ASSERT_TRUE(offload);
    const InnerCutter cutter(packet, *offload, MAX_SUPER_PACKET);
    ASSERT_EQ(cutter.verdict(), InnerCutter::Verdict::cut);
    EXPECT_EQ(cutter.count(), packets);
    EXPECT_LE(cutter.count(), FlowCoalescer::MAX_PACKETS);
    for (std::size_t i = 0; i < cutter.count(); ++i) {
      cutter.write(i, out.emplace_back(cutter.size(i)));
    }
  }

  std::vector<Packet> out;
  std::size_t writes = 0;
};

std::vector<Packet> tcpRun(const PacketShape& shape, std::size_t count, std::size_t last) {
  std::vector<Packet> run;
  for (std::size_t i = 0; i < count; ++i) {
    PacketShape each = shape;
    each.position = static_cast<std::uint32_t>(i * shape.payload);
    each.sequence += each.position;
    each.identification = static_cast<std::uint16_t>(shape.identification + i);
    if (i + 1 == count) each.payload = last, each.flags |= tcp::PSH;
    run.push_back(makePacket(each));
  }
  return run;
}

struct Merged {
  std::vector<Packet> out;
  std::size_t writes;
};

Merged merge(const std::vector<Packet>& packets, FlowCoalescer::Takes takes = {true, true}) {
  Device device;
  FlowCoalescer coalescer(device, takes);
  for (const Packet& packet : packets) coalescer.add(packet);
  coalescer.flush();
  return {device.out, device.writes};
}

TEST(FlowCoalescer, aRunOfTcpBecomesOneSuperPacket) {
  for (const int version : {4, 6}) {
    const auto run = tcpRun({.version = version, .payload = 1000}, 20, 300);
    const Merged merged = merge(run);
    EXPECT_EQ(merged.writes, 1u);
    EXPECT_EQ(merged.out, run);
  }
}

TEST(FlowCoalescer, isBoundedByPacketsAndOctets) {
  const auto many = tcpRun({.payload = 100}, 130, 100);
  EXPECT_EQ(merge(many).writes, 3u);
  EXPECT_EQ(merge(many).out, many);
  const auto large = tcpRun({.payload = 1400}, 64, 1400);
  EXPECT_EQ(merge(large).writes, 2u);
  EXPECT_EQ(merge(large).out, large);
}

TEST(FlowCoalescer, datagramsOfOneSizeBecomeOneSuperPacketWhereTheDeviceTakesIt) {
  std::vector<Packet> run;
  for (std::uint16_t i = 0; i < 10; ++i)
    run.push_back(
        makePacket({.tcp = false, .payload = 500, .identification = i, .dontFragment = false, .position = i}));
  EXPECT_EQ(merge(run).writes, 1u);
  EXPECT_EQ(merge(run).out, run);
  EXPECT_EQ(merge(run, {true, false}).writes, 10u);
  EXPECT_EQ(merge(run, {true, false}).out, run);
  store16(&run[4][26], 0);
  EXPECT_EQ(merge(run).out, run) << "a datagram without a checksum keeps none";
  EXPECT_EQ(merge(run).writes, 3u);
}

TEST(FlowCoalescer, neverMakesACorruptPacketValid) {
  for (const std::size_t corrupt : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
    for (const int version : {4, 6}) {
      for (const bool isTcp : {true, false}) {
        std::vector<Packet> run;
        for (std::uint32_t i = 0; i < 6; ++i)
          run.push_back(makePacket({.version = version,
                                    .tcp = isTcp,
                                    .sequence = i * 100,
                                    .identification = static_cast<std::uint16_t>(i),
                                    .position = i}));
        run[corrupt].back() ^= 1;
        const Merged merged = merge(run);
        EXPECT_EQ(merged.out, run);
        EXPECT_FALSE(checksumsHold(merged.out[corrupt]));
      }
    }
  }
  auto run = tcpRun({.payload = 100}, 4, 100);
  run[2][10] ^= 0x40;
  EXPECT_EQ(merge(run).out, run) << "IPv4's own checksum";
}

// Each change to the third packet of a run keeps it out of the super-packet.
TEST(FlowCoalescer, mergesOnlyWhatDiffersInNothing) {
  const auto writesWith = [](auto change, int version = 4) {
    auto run = tcpRun({.version = version, .payload = 100}, 3, 100);
    change(run[2]);
    setChecksum(run[2]);
    if (version == 4) {
      store16(&run[2][10], 0);
      store16(&run[2][10], slowChecksum(ByteView(run[2]).first(20)));
    }
    const Merged merged = merge(run);
    EXPECT_EQ(merged.out, run);
    return merged.writes;
  };
  EXPECT_EQ(writesWith([](Packet&) {}), 1u);
  EXPECT_EQ(writesWith([](Packet& packet) { packet[1] = 2; }), 2u) << "ECN";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[8] = 63; }), 2u) << "TTL";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[6] = 0; }), 2u) << "DF";
  EXPECT_EQ(writesWith([](Packet& packet) { store32(&packet[24], 5); }), 2u) << "sequence";
  EXPECT_EQ(writesWith([](Packet& packet) { store32(&packet[28], 5); }), 2u) << "acknowledgement";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[33] |= tcp::FIN; }), 2u) << "FIN";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[33] |= tcp::CWR; }), 2u) << "CWR";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[33] |= 0x40; }), 2u) << "ECE";
  EXPECT_EQ(writesWith([](Packet& packet) { store16(&packet[34], 5); }), 2u) << "window";
  EXPECT_EQ(writesWith([](Packet& packet) { store16(&packet[38], 5); }), 2u) << "urgent pointer";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[45] = 0; }), 2u) << "options";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[3] = 9; }, 6), 2u) << "flow label";
  EXPECT_EQ(writesWith([](Packet& packet) { packet[7] = 9; }, 6), 2u) << "hop limit";
}

TEST(FlowCoalescer, withoutDontFragmentTheIdentificationsMustFollow) {
  auto run = tcpRun({.payload = 100, .dontFragment = false}, 6, 100);
  EXPECT_EQ(merge(run).writes, 1u);
  EXPECT_EQ(merge(run).out, run);
  run.erase(run.begin() + 2);
  for (std::size_t i = 2; i < run.size(); ++i) {
    store32(&run[i][24], static_cast<std::uint32_t>(1000 + i * 100));
    setChecksum(run[i]);
  }
  EXPECT_EQ(merge(run).writes, 2u);
  EXPECT_EQ(merge(run).out, run);
}

TEST(FlowCoalescer, aFragmentOvertakesNothing) {
  auto run = tcpRun({.payload = 100}, 3, 100);
  Packet fragment = makePacket({.payload = 100});
  fragment[6] = 0x20;
  run.insert(run.begin() + 1, fragment);
  EXPECT_EQ(merge(run).out, run);
}

TEST(FlowCoalescer, passesOnWhatIsNoIpPacket) {
  const std::vector<Packet> packets{{1, 2, 3}, Packet(30, 0x45)};
  EXPECT_EQ(merge(packets).out, packets);
}

// Random interleavings of many flows, some packets damaged: the same packets come out, in order inside each flow.
TEST(FlowCoalescer, keepsEveryPacketAndTheOrderInsideAFlow) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    std::list<Packet> memory;
    std::map<std::uint16_t, std::vector<Packet>> in;
    std::array<PacketShape, 12> flows;
    for (std::uint16_t i = 0; i < flows.size(); ++i) {
      flows[i].sourcePort = i;
      flows[i].version = i % 2 == 0 ? 4 : 6;
      flows[i].tcp = i % 3 != 0;
    }
    Device device;
    FlowCoalescer coalescer(device, {true, true});
    for (int i = 0; i < 300; ++i) {
      PacketShape& flow = flows[random() % (round % 12 + 1)];
      PacketShape shape = flow;
      const std::uint64_t kind = random() % 20;
      shape.payload = kind == 0 ? 0 : kind == 1 ? 50 : 100;
      if (kind == 2) shape.flags |= tcp::PSH;
      Packet& packet = memory.emplace_back(makePacket(shape));
      if (kind == 3) packet.back() ^= 4;
      flow.sequence += static_cast<std::uint32_t>(shape.payload);
      flow.position += static_cast<std::uint32_t>(shape.payload);
      ++flow.identification;
      in[shape.sourcePort].push_back(packet);
      coalescer.add(packet);
      if (kind == 4) coalescer.flush();
    }
    coalescer.flush();
    std::map<std::uint16_t, std::vector<Packet>> out;
    for (const Packet& packet : device.out) out[load16(&packet[ipOctets(packet)])].push_back(packet);
    ASSERT_EQ(out, in) << round;
    EXPECT_LT(device.writes, 300u);
  }
}

}  // namespace
}  // namespace srwan::test
