#include <gtest/gtest.h>

#include "support/fixed_random.h"
#include "support/vector_file.h"
#include "wire/aead.h"
#include "wire/hkdf.h"
#include "wire/siphash.h"
#include "wire/x25519.h"

namespace srwan::test {
namespace {

const Json& vectors() {
  static const Json loaded = loadVectors("primitives.json");
  return loaded;
}

TEST(SipHash, EqualsTheReferenceVectors) {
  const Json& group = vectors()["sipHash24With128Bits"];
  const Bytes key = hexOf(group["key"]);
  const Json::Array& outputs = group["outputs"].asArray();
  ASSERT_EQ(outputs.size(), 64U);
  Bytes input;
  for (const Json& expected : outputs) {
    EXPECT_EQ(toHex(sipHash24(key.data(), input)), expected.asString()) << input.size() << " octets";
    input.push_back(static_cast<std::uint8_t>(input.size()));
  }
}

TEST(Hkdf, EqualsRfc5869) {
  for (const Json& one : vectors()["hkdfSha256"]["cases"].asArray()) {
    const Prk prk = hkdfExtract(hexOf(one["salt"]), hexOf(one["inputKey"]));
    EXPECT_EQ(toHex(prk.view()), one["prk"].asString());
    Bytes output(hexOf(one["output"]).size());
    hkdfExpand(prk.view(), {hexOf(one["info"])}, output);
    EXPECT_EQ(toHex(output), one["output"].asString());
  }
}

TEST(Hkdf, JoinsItsInfoPartsAndRefusesTooMuch) {
  const Bytes key(32, 7);
  Bytes whole(40);
  Bytes parts(40);
  hkdfExpand(key, {bytesOf("abcdef")}, whole);
  hkdfExpand(key, {bytesOf("ab"), {}, bytesOf("cdef")}, parts);
  EXPECT_EQ(whole, parts);
  Bytes tooLong(255 * 32 + 1);
  EXPECT_THROW(hkdfExpand(key, {}, tooLong), std::length_error);
}

TEST(Hmac, EqualsRfc4231WithAKeyLongerThanABlock) {
  const Bytes key(131, 0xaa);
  EXPECT_EQ(toHex(hmacSha256(key, {bytesOf("Test Using Larger Than Block-Size "), bytesOf("Key - Hash Key First")})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(X25519, EqualsRfc7748) {
  const Json& one = vectors()["x25519"]["scalarMultiplications"].asArray()[0];
  const KeyPair scalar = KeyPair::fromPrivate(arrayFromHex<32>(one["scalar"].asString()));
  EXPECT_EQ(toHex(scalar.dh(arrayFromHex<32>(one["u"].asString()))->view()), one["output"].asString());
  const Json& dh = vectors()["x25519"]["diffieHellman"];
  const KeyPair alice = KeyPair::fromPrivate(arrayFromHex<32>(dh["alicePrivate"].asString()));
  const KeyPair bob = KeyPair::fromPrivate(arrayFromHex<32>(dh["bobPrivate"].asString()));
  EXPECT_EQ(toHex(alice.publicKey()), dh["alicePublic"].asString());
  EXPECT_EQ(toHex(bob.publicKey()), dh["bobPublic"].asString());
  EXPECT_EQ(toHex(alice.dh(bob.publicKey())->view()), dh["shared"].asString());
  EXPECT_EQ(toHex(bob.dh(alice.publicKey())->view()), dh["shared"].asString());
}

TEST(X25519, RefusesKeysOfSmallOrder) {
  SeededRandom random(1);
  const KeyPair own = KeyPair::generate(random);
  // u = 0, 1, p − 1, p, p + 1 and the two points of order 8 (RFC 7748, 7; cr.yp.to/ecdh.html).
  for (const char* const u : {"0000000000000000000000000000000000000000000000000000000000000000",
                              "0100000000000000000000000000000000000000000000000000000000000000",
                              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                              "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"}) {
    EXPECT_FALSE(own.dh(arrayFromHex<32>(u))) << u;
  }
}

TEST(X25519, GeneratesADifferentKeyEachTime) {
  SystemRandom random;
  EXPECT_NE(KeyPair::generate(random).publicKey(), KeyPair::generate(random).publicKey());
}

void expectVector(const Json& one, AeadSuite suite) {
  const AeadKey key = secretOf<AeadKey>(one["key"]);
  const AeadNonce nonce = arrayFromHex<12>(one["nonce"].asString());
  const Bytes additionalData = hexOf(one["additionalData"]);
  Bytes buffer = hexOf(one["plaintext"]);
  buffer.resize(buffer.size() + AEAD_TAG_OCTETS);
  AeadSealer sealer(key, suite);
  for (int i = 0; i < 2; ++i) {  // the context is reused
    Bytes copy = buffer;
    ASSERT_TRUE(sealer.seal(nonce, additionalData, copy));
    EXPECT_EQ(toHex(copy), one["ciphertext"].asString() + one["tag"].asString());
  }
}

TEST(Aead, EqualsTheVectorOfEachSuite) {
  expectVector(vectors()["aes256Gcm"], AeadSuite::aes256Gcm);
  expectVector(vectors()["chaCha20Poly1305"], AeadSuite::chaCha20Poly1305);
}

TEST(Aead, ASuiteIsChosenForTheEndThatPaysMost) {
  constexpr AeadSuite AES = AeadSuite::aes256Gcm;
  constexpr AeadSuite CHACHA = AeadSuite::chaCha20Poly1305;
  EXPECT_EQ(chooseSuite(KNOWN_SUITES, 1, AES), AES);
  EXPECT_EQ(chooseSuite(KNOWN_SUITES, 2, AES), CHACHA);
  EXPECT_EQ(chooseSuite(KNOWN_SUITES, 1, CHACHA), CHACHA);
  EXPECT_EQ(chooseSuite(KNOWN_SUITES, 2, CHACHA), CHACHA);
  // Only what the initiator offers; a suite that only it knows is passed over.
  EXPECT_EQ(chooseSuite(setOf(AES), 1, CHACHA), AES);
  EXPECT_EQ(chooseSuite(setOf(CHACHA), 2, AES), CHACHA);
  EXPECT_EQ(chooseSuite(0x80 | KNOWN_SUITES, 8, AES), CHACHA);
  EXPECT_EQ(chooseSuite(0x80, 8, AES), std::nullopt);
}

TEST(Aead, WhatOneSuiteSealedTheOtherDoesNotOpen) {
  AeadKey key;
  AeadSealer sealer(key, AeadSuite::chaCha20Poly1305);
  AeadOpener opener(key, AeadSuite::aes256Gcm);
  Bytes sealed(20 + AEAD_TAG_OCTETS);
  ASSERT_TRUE(sealer.seal(nonceFrom(0), {}, sealed));
  EXPECT_FALSE(opener.open(nonceFrom(0), {}, sealed));
}

class AeadOfSuite : public ::testing::TestWithParam<AeadSuite> {};
INSTANTIATE_TEST_SUITE_P(Each, AeadOfSuite, ::testing::Values(AeadSuite::aes256Gcm, AeadSuite::chaCha20Poly1305));

TEST_P(AeadOfSuite, OpensWhatItSealedAndNothingElse) {
  SeededRandom random(2);
  AeadKey key;
  random.fill(key.span());
  AeadSealer sealer(key, GetParam());
  AeadOpener opener(key, GetParam());
  const Bytes additionalData = fromHex("0102030405");
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes plaintext(size);
    random.fill(plaintext);
    Bytes sealed = plaintext;
    sealed.resize(size + AEAD_TAG_OCTETS);
    ASSERT_TRUE(sealer.seal(nonceFrom(size), additionalData, sealed));
    for (std::size_t bit = 0; bit < sealed.size() * 8; bit += 7) {
      Bytes flipped = sealed;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
      EXPECT_FALSE(opener.open(nonceFrom(size), additionalData, flipped));
      EXPECT_TRUE(std::all_of(flipped.begin(), flipped.begin() + static_cast<std::ptrdiff_t>(size), [](int o) {
        return o == 0;
      })) << "what did not authenticate is wiped";
    }
    Bytes copy = sealed;
    EXPECT_FALSE(opener.open(nonceFrom(size + 1), additionalData, copy));
    copy = sealed;
    EXPECT_FALSE(opener.open(nonceFrom(size), fromHex("0102030406"), copy));
    copy = sealed;
    ASSERT_TRUE(opener.open(nonceFrom(size), additionalData, copy));
    copy.resize(size);
    EXPECT_EQ(copy, plaintext);
  }
  Bytes tooShort(AEAD_TAG_OCTETS - 1);
  EXPECT_FALSE(opener.open(nonceFrom(0), {}, tooShort));
  EXPECT_FALSE(sealer.seal(nonceFrom(0), {}, tooShort));
}

TEST(Secret, IsWipedWhenMovedFromAndByItsDestructor) {
  alignas(AeadKey) std::array<std::uint8_t, sizeof(AeadKey)> storage;
  AeadKey* const key = new (storage.data()) AeadKey(std::move(*AeadKey::from(Bytes(32, 0x5a))));
  AeadKey moved = std::move(*key);
  EXPECT_EQ(toHex(key->view()), std::string(64, '0'));
  *key = moved.clone();
  EXPECT_TRUE(*key == moved);
  key->~AeadKey();
  // The storage outlives the object, so its octets may be looked at.
  EXPECT_EQ(toHex(storage), std::string(64, '0'));
  EXPECT_FALSE(AeadKey::from(Bytes(31)));
  EXPECT_FALSE(std::is_copy_constructible_v<AeadKey>);
}

TEST(Bytes, StoreAndLoadAreInverse) {
  std::array<std::uint8_t, 8> octets{};
  store64(octets.data(), 0x0102030405060708U);
  EXPECT_EQ(toHex(octets), "0102030405060708");
  EXPECT_EQ(load64(octets.data()), 0x0102030405060708U);
  EXPECT_EQ(load48(octets.data()), 0x010203040506U);
  EXPECT_EQ(load32(octets.data()), 0x01020304U);
  EXPECT_EQ(load16(octets.data()), 0x0102U);
  store48(octets.data(), 0xffff'aabbccddeeffU);
  EXPECT_EQ(toHex(octets), "aabbccddeeff0708");
}

}  // namespace
}  // namespace srwan::test
