#include "wire/noise_ik.h"

#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/vector_file.h"
#include "wire/aead.h"

namespace srwan::test {
namespace {

KeyPair keysOf(const Json& privateKey) { return KeyPair::fromPrivate(arrayFromHex<32>(privateKey.asString())); }

/** Transport messages of the vector: the split keys as Noise's CipherStates use them. */
Bytes sealTransport(const ChainKey& key, std::uint64_t nonce, const Bytes& payload) {
  AeadSealer sealer(std::move(*AeadKey::from(key.view())));
  Bytes out = payload;
  out.resize(out.size() + AEAD_TAG_OCTETS);
  EXPECT_TRUE(sealer.seal(nonceFrom(nonce), {}, out));
  return out;
}

TEST(NoiseIk, EqualsThePublishedVectors) {
  const Json file = loadVectors("noise-ik.json");
  for (const Json& vector : file["vectors"].asArray()) {
    ASSERT_EQ(vector["protocol_name"].asString(), "Noise_IK_25519_AESGCM_SHA256");
    const KeyPair initiatorKeys = keysOf(vector["init_static"]);
    const KeyPair responderKeys = keysOf(vector["resp_static"]);
    EXPECT_EQ(toHex(responderKeys.publicKey()), vector["init_remote_static"].asString());
    const Json::Array& messages = vector["messages"].asArray();
    NoiseIkInitiator initiator(initiatorKeys, responderKeys.publicKey(), hexOf(vector["init_prologue"]));
    NoiseIkResponder responder(responderKeys, hexOf(vector["resp_prologue"]));

    const Bytes payload0 = hexOf(messages[0]["payload"]);
    Bytes message(payload0.size() + NOISE_IK_INITIATION_OVERHEAD);
    FixedRandom initiatorRandom(hexOf(vector["init_ephemeral"]));
    ASSERT_TRUE(initiator.writeInitiation(initiatorRandom, payload0, message));
    EXPECT_EQ(toHex(message), messages[0]["ciphertext"].asString());
    Bytes received(payload0.size());
    EXPECT_EQ(responder.readInitiation(message, received), initiatorKeys.publicKey());
    EXPECT_EQ(received, payload0);

    const Bytes payload1 = hexOf(messages[1]["payload"]);
    message.resize(payload1.size() + NOISE_IK_RESPONSE_OVERHEAD);
    FixedRandom responderRandom(hexOf(vector["resp_ephemeral"]));
    ASSERT_TRUE(responder.writeResponse(responderRandom, payload1, message));
    EXPECT_EQ(toHex(message), messages[1]["ciphertext"].asString());
    received.resize(payload1.size());
    ASSERT_TRUE(initiator.readResponse(message, received));
    EXPECT_EQ(received, payload1);

    const auto atInitiator = initiator.split();
    const auto atResponder = responder.split();
    ASSERT_TRUE(atInitiator && atResponder);
    EXPECT_EQ(toHex(atInitiator->handshakeHash), vector["handshake_hash"].asString());
    EXPECT_EQ(atInitiator->handshakeHash, atResponder->handshakeHash);
    EXPECT_TRUE(atInitiator->forward == atResponder->forward);
    EXPECT_TRUE(atInitiator->reverse == atResponder->reverse);
    for (std::size_t i = 2; i < messages.size(); ++i) {
      const ChainKey& key = i % 2 == 0 ? atInitiator->forward : atInitiator->reverse;
      EXPECT_EQ(toHex(sealTransport(key, i / 2 - 1, hexOf(messages[i]["payload"]))),
                messages[i]["ciphertext"].asString());
    }
  }
}

class NoiseIkAttack : public ::testing::Test {
 protected:
  NoiseIkAttack()
      : random_(7),
        alice_(KeyPair::generate(random_)),
        bob_(KeyPair::generate(random_)),
        payload_(fromHex("00112233")) {}

  Bytes initiate(NoiseIkInitiator& initiator) {
    Bytes message(NOISE_IK_INITIATION_OVERHEAD + payload_.size());
    EXPECT_TRUE(initiator.writeInitiation(random_, payload_, message));
    return message;
  }

  SeededRandom random_;
  KeyPair alice_;
  KeyPair bob_;
  Bytes payload_;
};

TEST_F(NoiseIkAttack, EveryBitFlipOfTheInitiationIsRefused) {
  NoiseIkInitiator initiator(alice_, bob_.publicKey(), {});
  const Bytes message = initiate(initiator);
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    // RFC 7748 ignores the highest bit of u; the key as sent is hashed, so the flip shows all the same.
    Bytes flipped = message;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    NoiseIkResponder responder(bob_, {});
    Bytes payload(payload_.size());
    EXPECT_FALSE(responder.readInitiation(flipped, payload)) << "bit " << bit;
  }
}

TEST_F(NoiseIkAttack, ABitFlippedResponseIsRefusedAndTheTrueOneStillTaken) {
  NoiseIkInitiator initiator(alice_, bob_.publicKey(), {});
  NoiseIkResponder responder(bob_, {});
  Bytes payload(payload_.size());
  ASSERT_TRUE(responder.readInitiation(initiate(initiator), payload));
  Bytes message(NOISE_IK_RESPONSE_OVERHEAD + 1);
  ASSERT_TRUE(responder.writeResponse(random_, Bytes{0}, message));
  Bytes code(1);
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    Bytes flipped = message;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(initiator.readResponse(flipped, code)) << "bit " << bit;
  }
  EXPECT_FALSE(initiator.split());
  EXPECT_TRUE(initiator.readResponse(message, code));
  EXPECT_TRUE(initiator.split()->forward == responder.split()->forward);
}

TEST_F(NoiseIkAttack, AnotherPrologueOrResponderIsRefused) {
  Bytes payload(payload_.size());
  NoiseIkInitiator initiator(alice_, bob_.publicKey(), bytesOf("one"));
  const Bytes message = initiate(initiator);
  NoiseIkResponder otherPrologue(bob_, bytesOf("two"));
  EXPECT_FALSE(otherPrologue.readInitiation(message, payload));
  const KeyPair carol = KeyPair::generate(random_);
  NoiseIkResponder otherResponder(carol, bytesOf("one"));
  EXPECT_FALSE(otherResponder.readInitiation(message, payload));
}

TEST_F(NoiseIkAttack, StepsOutOfOrderAreRefused) {
  NoiseIkInitiator initiator(alice_, bob_.publicKey(), {});
  NoiseIkResponder responder(bob_, {});
  Bytes payload(payload_.size());
  Bytes response(NOISE_IK_RESPONSE_OVERHEAD);
  EXPECT_FALSE(initiator.split());
  EXPECT_FALSE(initiator.readResponse(response, {}));
  EXPECT_FALSE(responder.writeResponse(random_, {}, response));
  EXPECT_FALSE(responder.split());
  const Bytes message = initiate(initiator);
  Bytes again(message.size());
  EXPECT_FALSE(initiator.writeInitiation(random_, payload_, again));
  ASSERT_TRUE(responder.readInitiation(message, payload));
  EXPECT_FALSE(responder.readInitiation(message, payload));
  EXPECT_FALSE(responder.split());
}

TEST_F(NoiseIkAttack, WrongLengthsAreRefused) {
  Bytes payload(payload_.size());
  NoiseIkInitiator initiator(alice_, bob_.publicKey(), {});
  const Bytes message = initiate(initiator);
  for (std::size_t size = 0; size < message.size(); ++size) {
    NoiseIkResponder responder(bob_, {});
    EXPECT_FALSE(responder.readInitiation(ByteView(message).first(size), payload));
  }
}

TEST_F(NoiseIkAttack, AResponderKeyOfSmallOrderFailsTheAttempt) {
  NoiseIkInitiator initiator(alice_, PublicKey{}, {});
  Bytes message(NOISE_IK_INITIATION_OVERHEAD);
  EXPECT_FALSE(initiator.writeInitiation(random_, {}, message));
}

}  // namespace
}  // namespace srwan::test
