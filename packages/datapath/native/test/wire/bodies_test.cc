#include <gtest/gtest.h>

#include "support/overlay.h"
#include "wire/data_plaintext.h"
#include "wire/handshake_packet.h"
#include "wire/probe_body.h"
#include "wire/relay_body.h"

namespace srwan::test {
namespace {

TEST(ProbeBodyTest, ARequestIsAlwaysAsLongAsTheLongestReply) {
  const Bytes part = fromHex("010203");
  const ProbeBody request{false, -7, 0, 0, 1, 2, part};
  Bytes encoded(probeBodySize(request), 0xff);
  ASSERT_EQ(encoded.size(), PROBE_BODY_OCTETS);
  ASSERT_TRUE(encodeProbeBody(request, encoded));
  const auto decoded = decodeProbeBody(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->reply);
  EXPECT_EQ(decoded->t1, -7);
  EXPECT_EQ(decoded->clockEpoch, 1);
  EXPECT_EQ(decoded->columnSeen, 2);
  ASSERT_EQ(decoded->columnPart.size(), MAX_COLUMN_PART_OCTETS);
  EXPECT_EQ(toHex(decoded->columnPart), "010203" + std::string(86, '0'));
  EXPECT_EQ(PROBE_PACKET_OCTETS, 118U);
  for (std::size_t size = 0; size < encoded.size(); ++size)
    EXPECT_FALSE(decodeProbeBody(ByteView(encoded).first(size)));
}

TEST(ProbeBodyTest, AReplyHasAnyLengthUpToTheLimit) {
  for (std::size_t part = 0; part <= MAX_COLUMN_PART_OCTETS; ++part) {
    const Bytes column(part, 9);
    const ProbeBody reply{true, 1, 2, 3, 4, 5, column};
    Bytes encoded(probeBodySize(reply));
    ASSERT_TRUE(encodeProbeBody(reply, encoded));
    const auto decoded = decodeProbeBody(encoded);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->reply);
    EXPECT_EQ(decoded->t2, 2);
    EXPECT_EQ(decoded->t3, 3);
    EXPECT_EQ(decoded->columnPart.size(), part);
  }
  const Bytes tooLong(MAX_COLUMN_PART_OCTETS + 1);
  ProbeBody reply{true, 1, 2, 3, 4, 5, tooLong};
  Bytes encoded(probeBodySize(reply));
  EXPECT_FALSE(encodeProbeBody(reply, encoded));
  EXPECT_FALSE(decodeProbeBody(Bytes(PROBE_BODY_OCTETS + 1)));
}

TEST(ProbeBodyTest, RefusesUnknownFlagsAndRequestsWithAnswers) {
  Bytes encoded(PROBE_BODY_OCTETS);
  EXPECT_TRUE(decodeProbeBody(encoded));
  encoded[31] = 2;
  EXPECT_FALSE(decodeProbeBody(encoded));
  encoded[31] = 0;
  encoded[8] = 1;
  EXPECT_FALSE(decodeProbeBody(encoded)) << "t2";
  encoded[8] = 0;
  encoded[16] = 1;
  EXPECT_FALSE(decodeProbeBody(encoded)) << "t3";
}

Bytes relayed(const Bytes& inner, Sid destination, Sid origin) {
  Bytes body(RELAY_FIXED_OCTETS + inner.size());
  EXPECT_TRUE(encodeRelayHead(RelayStage::fromRelay, destination, origin, body));
  std::copy(inner.begin(), inner.end(), body.begin() + RELAY_FIXED_OCTETS);
  return body;
}

Bytes innerPacket(PacketKind kind, std::size_t octets, Sid sender) {
  Bytes packet(octets);
  packet[0] = typeOctet(kind);
  store64(&packet[8], sender);
  return packet;
}

TEST(RelayBodyTest, CarriesKindsFourFiveAndSixOfItsOriginOnly) {
  for (const PacketKind kind : {PacketKind::datagram, PacketKind::sessionControl}) {
    EXPECT_TRUE(decodeRelayBody(relayed(innerPacket(kind, PAIR_OVERHEAD, 5), 9, 5)));
    EXPECT_TRUE(decodeRelayBody(relayed(innerPacket(kind, PAIR_OVERHEAD + MAX_DATAGRAM_OCTETS, 5), 9, 5)));
    EXPECT_FALSE(decodeRelayBody(relayed(innerPacket(kind, PAIR_OVERHEAD + MAX_DATAGRAM_OCTETS + 1, 5), 9, 5)));
    EXPECT_FALSE(decodeRelayBody(relayed(innerPacket(kind, PAIR_OVERHEAD, 6), 9, 5))) << "of another sender";
  }
  Bytes handshake = innerPacket(PacketKind::handshake, INITIATION_PACKET_OCTETS, 5);
  handshake[1] = 1;
  handshake[7] = 1;
  EXPECT_TRUE(decodeRelayBody(relayed(handshake, 9, 5)));
  for (const PacketKind kind :
       {PacketKind::probe, PacketKind::relayed, PacketKind::dataForward, PacketKind::dataReverse}) {
    EXPECT_FALSE(decodeRelayBody(relayed(innerPacket(kind, 100, 5), 9, 5))) << static_cast<int>(kind);
  }
}

TEST(RelayBodyTest, RefusesMalformedHeads) {
  const Bytes inner = innerPacket(PacketKind::datagram, PAIR_OVERHEAD, 5);
  const Bytes good = relayed(inner, 9, 5);
  const auto decoded = decodeRelayBody(good);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->stage, RelayStage::fromRelay);
  EXPECT_EQ(decoded->destination, 9U);
  EXPECT_EQ(decoded->origin, 5U);
  EXPECT_TRUE(std::equal(decoded->inner.begin(), decoded->inner.end(), inner.begin(), inner.end()));
  for (const std::size_t octet : {0, 1, 2, 3}) {
    Bytes changed = good;
    changed[octet] = 2;
    EXPECT_FALSE(decodeRelayBody(changed)) << octet;
  }
  EXPECT_FALSE(decodeRelayBody(relayed(inner, 0, 5)));
  EXPECT_FALSE(decodeRelayBody(relayed(inner, 5, 5)));
  for (std::size_t size = 0; size < RELAY_FIXED_OCTETS + PAIR_OVERHEAD; ++size)
    EXPECT_FALSE(decodeRelayBody(ByteView(good).first(size)));
}

TEST(RelayBodyTest, ARelayedFullDatagramFitsThePairPacket) {
  EXPECT_EQ(PAIR_OVERHEAD + RELAY_FIXED_OCTETS + PAIR_OVERHEAD + MAX_DATAGRAM_OCTETS, MAX_PAIR_PACKET_OCTETS);
}

TEST(PathProbe, RoundTripsAndPadsWithZeros) {
  Bytes request(PATH_PROBE_OCTETS, 0xff);
  ASSERT_TRUE(encodePathProbeRequest({true, 3, 4, -5}, request));
  const auto decoded = decodePathProbeRequest(request);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->activateReplyPath);
  EXPECT_EQ(decoded->replyPath, 3);
  EXPECT_EQ(decoded->sequence, 4U);
  EXPECT_EQ(decoded->t1, -5);
  EXPECT_TRUE(std::all_of(request.begin() + 16, request.end(), [](int octet) { return octet == 0; }));
  EXPECT_FALSE(decodePathProbeReply(request));
  Bytes reply(MIN_PATH_PROBE_OCTETS);
  ASSERT_TRUE(encodePathProbeReply({3, 4, -5, 6, 7, 8}, reply));
  const auto answer = decodePathProbeReply(reply);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->t1, -5);
  EXPECT_EQ(answer->t2, 6);
  EXPECT_EQ(answer->t3, 7);
  EXPECT_EQ(answer->clockEpoch, 8);
  EXPECT_FALSE(decodePathProbeRequest(reply));
}

TEST(PathProbe, RefusesLessThan34OctetsAndUnknownFlags) {
  Bytes small(MIN_PATH_PROBE_OCTETS - 1);
  EXPECT_FALSE(encodePathProbeRequest({}, small));
  EXPECT_FALSE(encodePathProbeReply({}, small));
  Bytes octets(MIN_PATH_PROBE_OCTETS);
  octets[0] = 1;
  EXPECT_TRUE(decodePathProbeRequest(octets));
  EXPECT_FALSE(decodePathProbeRequest(ByteView(octets).first(MIN_PATH_PROBE_OCTETS - 1)));
  octets[1] = 2;
  EXPECT_FALSE(decodePathProbeRequest(octets));
  octets[1] = 0;
  octets[3] = 1;
  EXPECT_FALSE(decodePathProbeRequest(octets));
  octets[0] = 2;
  octets[3] = 0;
  EXPECT_TRUE(decodePathProbeReply(octets));
  octets[1] = 1;
  EXPECT_FALSE(decodePathProbeReply(octets));
}

TEST(DataContentTest, KnowsIpProbesAndEchoesOnly) {
  EXPECT_FALSE(dataContent({}));
  for (int first = 0; first < 256; ++first) {
    const auto octet = static_cast<std::uint8_t>(first);
    const auto content = dataContent(ByteView(&octet, 1));
    if (first >> 4 == 4 || first >> 4 == 6) {
      EXPECT_EQ(content, DataContent::ipPacket);
    } else if (first == 1) {
      EXPECT_EQ(content, DataContent::probeRequest);
    } else if (first == 2) {
      EXPECT_EQ(content, DataContent::probeReply);
    } else if (first == 3) {
      EXPECT_EQ(content, DataContent::echo);
    } else {
      EXPECT_FALSE(content) << first;
    }
  }
}

}  // namespace
}  // namespace srwan::test
