#include "wire/pair_packet.h"

#include <gtest/gtest.h>

#include "support/overlay.h"

namespace srwan::test {
namespace {

class PairPacket : public ::testing::Test {
 protected:
  PairPacket() : alpha_("alpha"), beta_("beta"), atAlpha_(pairKeys(alpha_, beta_)), atBeta_(pairKeys(beta_, alpha_)) {}

  Bytes sealed(const Bytes& body, PairHeader header) {
    Bytes packet(PAIR_OVERHEAD + body.size());
    std::copy(body.begin(), body.end(), packet.begin() + PAIR_HEADER_OCTETS);
    AeadSealer sealer(atAlpha_.sending);
    EXPECT_TRUE(sealPairPacket(packet, header, sealer));
    return packet;
  }

  PairHeader header() const { return {PacketKind::datagram, 0x11, 0x22, alpha_.sid, 0x0102030405060708}; }

  Node alpha_;
  Node beta_;
  PairKeys atAlpha_;
  PairKeys atBeta_;
};

TEST_F(PairPacket, TheTwoSidesShareTheirKeysCrosswise) {
  EXPECT_TRUE(atAlpha_.sending == atBeta_.receiving);
  EXPECT_TRUE(atAlpha_.receiving == atBeta_.sending);
  EXPECT_TRUE(atAlpha_.root == atBeta_.root);
  EXPECT_FALSE(atAlpha_.sending == atAlpha_.receiving);
}

TEST_F(PairPacket, KeysDependOnTheNetworkAndExistOnlyForAnotherSoundKey) {
  const auto other = derivePairKeys("other.example", alpha_.keys, beta_.keys.publicKey());
  EXPECT_FALSE(other->sending == atAlpha_.sending);
  EXPECT_FALSE(other->root == atAlpha_.root);
  EXPECT_FALSE(derivePairKeys(NETWORK_ID, alpha_.keys, PublicKey{})) << "small order";
  EXPECT_FALSE(derivePairKeys(NETWORK_ID, alpha_.keys, alpha_.keys.publicKey())) << "own key";
}

TEST_F(PairPacket, OpensWhatThePeerSealed) {
  const Bytes body = fromHex("00ff10");
  Bytes packet = sealed(body, header());
  const auto parsed = parsePairHeader(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kind, PacketKind::datagram);
  EXPECT_EQ(parsed->senderKeyId, 0x11);
  EXPECT_EQ(parsed->receiverKeyId, 0x22);
  EXPECT_EQ(parsed->sender, alpha_.sid);
  EXPECT_EQ(parsed->counter, 0x0102030405060708U);
  AeadOpener opener(atBeta_.receiving);
  const auto plaintext = openPairPacket(packet, opener);
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(Bytes(plaintext->begin(), plaintext->end()), body);
}

TEST_F(PairPacket, EveryBitFlipAndEveryTruncationIsRefused) {
  const Bytes packet = sealed(fromHex("00ff10"), header());
  AeadOpener opener(atBeta_.receiving);
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes flipped = packet;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(parsePairHeader(flipped) && openPairPacket(flipped, opener)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < packet.size(); ++size) {
    Bytes cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(openPairPacket(cut, opener)) << size << " octets";
  }
}

TEST_F(PairPacket, APacketReflectedToItsSenderIsRefused) {
  Bytes packet = sealed(fromHex("00ff10"), header());
  AeadOpener opener(atAlpha_.receiving);
  EXPECT_FALSE(openPairPacket(packet, opener));
}

TEST_F(PairPacket, RefusesMalformedHeaders) {
  const Bytes packet = sealed({}, header());
  const auto parsesWith = [&](std::size_t offset, std::uint8_t value) {
    Bytes changed = packet;
    changed[offset] = value;
    return parsePairHeader(changed).has_value();
  };
  for (const int kind : {3, 4, 5, 7}) EXPECT_TRUE(parsesWith(0, static_cast<std::uint8_t>(0x20 | kind)));
  for (const int type : {0x20, 0x21, 0x22, 0x26, 0x28, 0x3f, 0x04, 0x44})
    EXPECT_FALSE(parsesWith(0, static_cast<std::uint8_t>(type)));
  EXPECT_FALSE(parsesWith(1, 1)) << "flags";
  for (std::size_t offset = 4; offset < 8; ++offset) EXPECT_FALSE(parsesWith(offset, 1)) << "reserved";
  Bytes nobody = packet;
  std::fill_n(nobody.begin() + 8, 8, std::uint8_t{0});
  EXPECT_FALSE(parsePairHeader(nobody));
  EXPECT_FALSE(parsePairHeader(Bytes(MAX_PAIR_PACKET_OCTETS + 1, 0x24)));
  EXPECT_FALSE(parsePairHeader({}));
}

TEST_F(PairPacket, SealRefusesWhatParseWouldRefuse) {
  AeadSealer sealer(atAlpha_.sending);
  Bytes small(PAIR_OVERHEAD - 1);
  EXPECT_FALSE(sealPairPacket(small, header(), sealer));
  Bytes large(MAX_PAIR_PACKET_OCTETS + 1);
  EXPECT_FALSE(sealPairPacket(large, header(), sealer));
  Bytes packet(PAIR_OVERHEAD);
  PairHeader wrong = header();
  wrong.kind = PacketKind::handshake;
  EXPECT_FALSE(sealPairPacket(packet, wrong, sealer));
  wrong = header();
  wrong.sender = NO_SID;
  EXPECT_FALSE(sealPairPacket(packet, wrong, sealer));
}

TEST(PacketKindTest, ClassifiesByTheFirstOctetOnly) {
  EXPECT_FALSE(packetKind({}));
  for (int first = 0; first < 256; ++first) {
    const auto octet = static_cast<std::uint8_t>(first);
    const bool known = first >= 0x21 && first <= 0x27;
    EXPECT_EQ(packetKind(ByteView(&octet, 1)).has_value(), known) << first;
  }
}

}  // namespace
}  // namespace srwan::test
