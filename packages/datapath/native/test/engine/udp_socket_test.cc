// The outer socket on loopback, which has all offloads.
#include "engine/shell/udp_socket.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "offload_packets.h"

namespace srwan::test {
namespace {

struct Received {
  Packet octets;
  UnderlayEndpoint from;
  std::int64_t kernelTime;
};

struct Case {
  const char* address;
  bool segmentation;
  bool receiveOffload;
};

class UdpSocketTest : public testing::TestWithParam<Case> {
 protected:
  UdpSocketOptions options() const {
    return {*UnderlayEndpoint::parse(GetParam().address, 0), 0, false, GetParam().segmentation,
            GetParam().receiveOffload};
  }

  std::vector<Received> receive(std::size_t count) {
    std::vector<Received> all;
    pollfd waiting{to.fd(), POLLIN, 0};
    while (all.size() < count && poll(&waiting, 1, 2000) > 0) {
      const auto batch = to.receive();
      largestBatch = std::max(largestBatch, batch.size());
      for (const ReceivedDatagram& datagram : batch) {
        EXPECT_TRUE(datagram.octets.empty() || to.stays(datagram.octets));
        all.push_back({{datagram.octets.begin(), datagram.octets.end()}, datagram.from, datagram.kernelTime});
      }
    }
    return all;
  }

  Counters counters;
  UdpSocket from{options()};
  UdpSocket to{options()};
  std::size_t largestBatch = 0;
};

Packet payload(std::size_t size, std::uint32_t number) {
  Packet octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = streamOctet(number * 7919 + static_cast<std::uint32_t>(i));
  return octets;
}

TEST_P(UdpSocketTest, deliversAllInOrderWhateverTheirSizes) {
  std::mt19937_64 random(1);
  std::vector<Packet> sent;
  for (std::uint32_t i = 0; i < 600; ++i) {
    // Runs of one size, with shorter and longer ones in between.
    const std::size_t size = random() % 8 == 0 ? 1 + random() % 2000 : 1200;
    sent.push_back(payload(size, i));
    if (i % 3 == 0) {
      from.send(to.local(), sent.back(), counters);
    } else {
      const ByteSpan place = from.reserve(size, counters);
      std::copy(sent.back().begin(), sent.back().end(), place.begin());
      from.send(to.local(), place, counters);
    }
  }
  from.flush(counters);
  const auto received = receive(sent.size());
  ASSERT_EQ(received.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(received[i].octets, sent[i]) << i;
    EXPECT_EQ(received[i].from, from.local());
    EXPECT_GT(received[i].kernelTime, 0);
  }
  EXPECT_EQ(counters.get(Counter::dropSocketError) + counters.get(Counter::dropTooBig), 0u);
}

TEST_P(UdpSocketTest, oneCallReceivesWhatOneCallSent) {
  for (std::uint32_t i = 0; i < 200; ++i) from.send(to.local(), payload(1000, i), counters);
  from.flush(counters);
  EXPECT_EQ(receive(200).size(), 200u);
  EXPECT_GT(largestBatch, GetParam().segmentation && GetParam().receiveOffload ? UdpReceiveSlots::MESSAGES : 0u);
}

TEST_P(UdpSocketTest, aLargeDatagramComesAsAnEmptyOneAndHarmsNoOther) {
  from.send(to.local(), payload(100, 1), counters);
  from.send(to.local(), payload(2049, 2), counters);
  from.send(to.local(), payload(100, 3), counters);
  from.flush(counters);
  const auto received = receive(3);
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[0].octets, payload(100, 1));
  EXPECT_TRUE(received[1].octets.empty());
  EXPECT_EQ(received[2].octets, payload(100, 3));
}

TEST_P(UdpSocketTest, whatCannotBeSentTakesNothingElseWithIt) {
  UnderlayEndpoint nowhere = *UnderlayEndpoint::parse("203.0.113.1", 9);
  if (GetParam().address == std::string_view("127.0.0.1")) nowhere = *UnderlayEndpoint::parse("fd00::1", 9);
  for (std::uint32_t i = 0; i < 10; ++i) {
    from.send(to.local(), payload(1000, i), counters);
    from.send(nowhere, payload(1000, i), counters);
  }
  // Longer than any datagram may be.
  from.send(to.local(), payload(65'530, 1), counters);
  from.flush(counters);
  EXPECT_EQ(receive(10).size(), 10u);
  EXPECT_EQ(counters.get(Counter::dropTooBig), 1u);
}

TEST_P(UdpSocketTest, reservationsLieSideBySideAndOutliveCopies) {
  const ByteSpan first = from.reserve(1001, counters);
  const ByteSpan second = from.reserve(999, counters);
  EXPECT_EQ(first.data() + first.size(), second.data());
  std::fill(first.begin(), first.end(), std::uint8_t{1});
  std::fill(second.begin(), second.end(), std::uint8_t{2});
  // More copies than the queue and its memory hold at once.
  for (std::uint32_t i = 0; i < 300; ++i) from.send(to.local(), payload(300 + i, i), counters);
  from.send(to.local(), first, counters);
  from.send(to.local(), second, counters);
  from.flush(counters);
  const auto received = receive(302);
  ASSERT_EQ(received.size(), 302u);
  for (std::uint32_t i = 0; i < 300; ++i) ASSERT_EQ(received[i].octets, payload(300 + i, i));
  EXPECT_EQ(received[300].octets, Packet(1001, 1));
  EXPECT_EQ(received[301].octets, Packet(999, 2));
  EXPECT_TRUE(from.reserve(UdpSendQueue::ARENA + 1, counters).empty());
}

// Without checksums of its own Linux refuses to cut (EINVAL), as it does on a device without the offload.
TEST_P(UdpSocketTest, aRefusalToCutLosesNothingAndIsRemembered) {
  const int on = 1;
  ASSERT_EQ(setsockopt(from.fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  for (std::uint32_t i = 0; i < 150; ++i) from.send(to.local(), payload(i % 50 == 49 ? 700 : 1000, i), counters);
  from.flush(counters);
  const auto received = receive(150);
  // IPv6 has no datagrams without a checksum.
  if (from.local().version == 6) GTEST_SKIP() << "the kernel drops these";
  ASSERT_EQ(received.size(), 150u);
  for (std::uint32_t i = 0; i < 150; ++i) ASSERT_EQ(received[i].octets, payload(i % 50 == 49 ? 700 : 1000, i));
  EXPECT_FALSE(from.features().segmentation);
  EXPECT_EQ(counters.get(Counter::dropSocketError), 0u);
}

TEST_P(UdpSocketTest, saysWhatItUses) {
  EXPECT_EQ(from.features().segmentation, GetParam().segmentation);
  EXPECT_EQ(from.features().receiveOffload, GetParam().receiveOffload);
}

INSTANTIATE_TEST_SUITE_P(AllKernels, UdpSocketTest,
                         testing::Values(Case{"127.0.0.1", true, true}, Case{"127.0.0.1", false, false},
                                         Case{"127.0.0.1", true, false}, Case{"127.0.0.1", false, true},
                                         Case{"::1", true, true}),
                         [](const auto& info) { return "case" + std::to_string(info.index); });

}  // namespace
}  // namespace srwan::test
