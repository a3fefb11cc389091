#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/overlay.h"
#include "wire/handshake_cookie.h"

namespace srwan::test {
namespace {

class Handshake : public ::testing::Test {
 protected:
  Handshake()
      : random_(3), alpha_("alpha"), beta_("beta"), initiator_(alpha_.keys, beta_.keys.publicKey(), prologue().view()) {
    initiation_.resize(INITIATION_PACKET_OCTETS);
    EXPECT_TRUE(writeHandshakeHeader({HandshakeMessage::initiation, 1, 2, SESSION, alpha_.sid}, initiation_));
    EXPECT_TRUE(initiator_.writeInitiation(random_, encodeInitiationPayload({4, 5, 6}), handshakeNoise(initiation_)));
    writeMacs(initiation_, mac1Key(beta_.keys.publicKey()));
  }

  HandshakePrologue prologue() const { return HandshakePrologue(NETWORK_ID, SESSION, alpha_.sid, beta_.sid); }

  /** Every check of a responder, in its order. */
  bool accepted(const Bytes& packet) const {
    const auto view = parseHandshake(packet);
    if (!view || view->header.message != HandshakeMessage::initiation ||
        !verifyMac1(packet, mac1Key(beta_.keys.publicKey())))
      return false;
    const HandshakePrologue bound(NETWORK_ID, view->header.session, view->header.sender, beta_.sid);
    NoiseIkResponder responder(beta_.keys, bound.view());
    std::array<std::uint8_t, INITIATION_PAYLOAD_OCTETS> payload;
    const auto peer = responder.readInitiation(view->noise, payload);
    return peer == alpha_.keys.publicKey() && decodeInitiationPayload(payload).has_value();
  }

  static constexpr std::uint32_t SESSION = 0x01020304;
  SeededRandom random_;
  Node alpha_;
  Node beta_;
  NoiseIkInitiator initiator_;
  Bytes initiation_;
};

TEST_F(Handshake, TheSizesAreThoseOfTheSpecification) {
  EXPECT_EQ(INITIATION_PACKET_OCTETS, 162U);
  EXPECT_EQ(RESPONSE_PACKET_OCTETS, 98U);
}

TEST_F(Handshake, ReadsWhatItWrote) {
  const auto view = parseHandshake(initiation_);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header.senderKeyId, 1);
  EXPECT_EQ(view->header.receiverKeyId, 2);
  EXPECT_EQ(view->header.session, SESSION);
  EXPECT_EQ(view->header.sender, alpha_.sid);
  EXPECT_EQ(view->noise.size(), NOISE_IK_INITIATION_OVERHEAD + INITIATION_PAYLOAD_OCTETS);
  EXPECT_TRUE(accepted(initiation_));
}

TEST_F(Handshake, EveryBitFlipIsRefusedByMac1OrBefore) {
  // mac1 does not cover mac2.
  for (std::size_t bit = 0; bit < (initiation_.size() - HANDSHAKE_MAC_OCTETS) * 8; ++bit) {
    Bytes flipped = initiation_;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(parseHandshake(flipped) && verifyMac1(flipped, mac1Key(beta_.keys.publicKey()))) << "bit " << bit;
  }
}

TEST_F(Handshake, WhoeverKnowsTheReceiversKeyStillCannotChangeSessionSenderOrContent) {
  // mac1 only shows that the sender knows the receiver's public key; the Noise prologue and payload do the rest.
  for (std::size_t octet = 4; octet < initiation_.size() - HANDSHAKE_MACS_OCTETS; ++octet) {
    Bytes changed = initiation_;
    changed[octet] ^= 1;
    writeMacs(changed, mac1Key(beta_.keys.publicKey()));
    EXPECT_FALSE(accepted(changed)) << octet;
  }
}

TEST_F(Handshake, RefusesOtherLengthsMessagesAndReceivers) {
  for (std::size_t size = 0; size < initiation_.size(); ++size)
    EXPECT_FALSE(parseHandshake(ByteView(initiation_).first(size)));
  Bytes longer = initiation_;
  longer.push_back(0);
  EXPECT_FALSE(parseHandshake(longer));
  for (const int message : {0, 2, 3, 255}) {
    Bytes changed = initiation_;
    changed[1] = static_cast<std::uint8_t>(message);
    EXPECT_FALSE(parseHandshake(changed));
  }
  EXPECT_FALSE(verifyMac1(initiation_, mac1Key(alpha_.keys.publicKey())));
  EXPECT_FALSE(verifyMac1(ByteView(initiation_).first(20), mac1Key(beta_.keys.publicKey())));
  Bytes response(RESPONSE_PACKET_OCTETS);
  ASSERT_TRUE(writeHandshakeHeader({HandshakeMessage::response, 1, 2, 3, 4}, response));
  EXPECT_TRUE(parseHandshake(response));
  response.back() = 1;
  EXPECT_FALSE(parseHandshake(response)) << "a response has no mac2";
  Bytes packet(INITIATION_PACKET_OCTETS);
  EXPECT_FALSE(writeHandshakeHeader({HandshakeMessage::response, 1, 2, 3, 4}, packet));
  EXPECT_FALSE(writeHandshakeHeader({HandshakeMessage::initiation, 1, 2, 0, 4}, packet));
  EXPECT_FALSE(writeHandshakeHeader({HandshakeMessage::initiation, 1, 2, 3, 0}, packet));
}

TEST_F(Handshake, PayloadsRefuseWrongLengthsAndMeaninglessValues) {
  const auto payload = encodeInitiationPayload({1, 2, 3});
  EXPECT_TRUE(decodeInitiationPayload(payload));
  EXPECT_FALSE(decodeInitiationPayload(ByteView(payload).first(17)));
  EXPECT_FALSE(decodeInitiationPayload(encodeInitiationPayload({1, 0, 3})));
  EXPECT_FALSE(decodeInitiationPayload(encodeInitiationPayload({1, 2, 0})));
  // What it prefers is in its set, known here or not.
  EXPECT_TRUE(decodeInitiationPayload(encodeInitiationPayload({1, 2, 3, 0x83, 8})));
  EXPECT_FALSE(decodeInitiationPayload(encodeInitiationPayload({1, 2, 3, 0x03, 3})));
  EXPECT_FALSE(decodeInitiationPayload(encodeInitiationPayload({1, 2, 3, 0xff, 0})));
  EXPECT_FALSE(decodeInitiationPayload(encodeInitiationPayload({1, 2, 3, 0xff, 9})));
  for (int code = 0; code < 256; ++code) {
    for (int suite = 0; suite < 256; ++suite) {
      const std::array<std::uint8_t, 2> octets{static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(suite)};
      EXPECT_EQ(decodeResponsePayload(octets).has_value(), code <= 2 && (suite == 1 || suite == 2));
    }
  }
  EXPECT_FALSE(decodeResponsePayload({}));
}

TEST_F(Handshake, ACookieProvesOneAddressAndPortOfOneSecret) {
  const Bytes address = fromHex("c0000201");
  CookieSecret secret;
  CookieSecret other;
  other.span()[0] = 1;
  const Cookie cookie = cookieFor(secret, address, 4500);
  EXPECT_FALSE(hasMac2(initiation_));
  writeMac2(initiation_, cookie);
  EXPECT_TRUE(hasMac2(initiation_));
  EXPECT_TRUE(accepted(initiation_)) << "mac2 changes nothing else";
  EXPECT_TRUE(verifyMac2(initiation_, cookie));
  EXPECT_FALSE(verifyMac2(initiation_, cookieFor(secret, address, 4501)));
  EXPECT_FALSE(verifyMac2(initiation_, cookieFor(secret, fromHex("c0000202"), 4500)));
  EXPECT_FALSE(verifyMac2(initiation_, cookieFor(other, address, 4500)));
  for (std::size_t bit = 0; bit < initiation_.size() * 8; ++bit) {
    Bytes flipped = initiation_;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(verifyMac2(flipped, cookie)) << "bit " << bit;
  }
}

TEST_F(Handshake, ACookieReplyOpensForTheInitiationThatItAnswersOnly) {
  const Cookie cookie = cookieFor(CookieSecret{}, fromHex("c0000201"), 4500);
  AeadSealer sealer(cookieReplyKey(beta_.keys.publicKey()));
  AeadOpener opener(cookieReplyKey(beta_.keys.publicKey()));
  AeadOpener foreign(cookieReplyKey(alpha_.keys.publicKey()));
  Bytes reply(COOKIE_REPLY_OCTETS);
  const HandshakeHeader header{HandshakeMessage::cookieReply, 2, 1, SESSION, beta_.sid};
  ASSERT_TRUE(sealCookieReply(sealer, random_, header, mac1Of(initiation_), cookie, reply));
  const auto view = parseHandshake(reply);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header.session, SESSION);
  EXPECT_EQ(openCookieReply(opener, reply, mac1Of(initiation_)), cookie);
  EXPECT_FALSE(openCookieReply(foreign, reply, mac1Of(initiation_)));
  Bytes another = initiation_;
  another[another.size() - HANDSHAKE_MACS_OCTETS] ^= 1;
  EXPECT_FALSE(openCookieReply(opener, reply, mac1Of(another)));
  for (std::size_t bit = HANDSHAKE_HEADER_OCTETS * 8; bit < reply.size() * 8; ++bit) {
    Bytes flipped = reply;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(openCookieReply(opener, flipped, mac1Of(initiation_)));
  }
  EXPECT_FALSE(sealCookieReply(sealer, random_, {HandshakeMessage::response, 2, 1, SESSION, beta_.sid},
                               mac1Of(initiation_), cookie, reply));
  for (std::size_t size = 0; size < reply.size(); ++size)
    EXPECT_FALSE(openCookieReply(opener, ByteView(reply).first(size), mac1Of(initiation_)));
}

TEST_F(Handshake, ThePrologueIsBounded) {
  EXPECT_EQ(toHex(HandshakePrologue("ab", 0x01020304, 5, 6).view()),
            toHex(bytesOf("srwan-ik-1")) + "0002" + "6162" + "01020304" + "0000000000000005" + "0000000000000006");
  EXPECT_NO_THROW(HandshakePrologue(std::string(MAX_NETWORK_ID_OCTETS, 'x'), 1, 2, 3));
  EXPECT_THROW(HandshakePrologue(std::string(MAX_NETWORK_ID_OCTETS + 1, 'x'), 1, 2, 3), std::length_error);
}

}  // namespace
}  // namespace srwan::test
