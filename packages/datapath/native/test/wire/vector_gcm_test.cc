// AES-256-GCM of our own against OpenSSL's: every length around each of its loops, and everything that must be refused.
#include "wire/vector_gcm.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>

#include "support/fixed_random.h"
#include "wire/aead.h"

namespace srwan::test {
namespace {

struct Sealed {
  Bytes text;
  std::array<std::uint8_t, 16> tag{};
  bool operator==(const Sealed&) const = default;
};

Sealed byOpenSsl(const AeadKey& key, const AeadNonce& nonce, ByteView additionalData, Bytes text) {
  Sealed sealed{std::move(text), {}};
  CipherContextPointer context(EVP_CIPHER_CTX_new());
  int written = 0;
  std::uint8_t none = 0;
  std::uint8_t* const data = sealed.text.empty() ? &none : sealed.text.data();
  EXPECT_EQ(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()), 1);
  EXPECT_EQ(EVP_EncryptUpdate(context.get(), nullptr, &written, additionalData.data(),
                              static_cast<int>(additionalData.size())),
            1);
  EXPECT_EQ(EVP_EncryptUpdate(context.get(), data, &written, data, static_cast<int>(sealed.text.size())), 1);
  EXPECT_EQ(EVP_EncryptFinal_ex(context.get(), &none, &written), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, sealed.tag.data()), 1);
  return sealed;
}

class VectorGcmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    random_.fill(key_.span());
    gcm_ = VectorGcm::create(key_);
    if (!gcm_) GTEST_SKIP() << "this CPU has no VAES and VPCLMULQDQ";
  }

  Bytes randomOctets(std::size_t size) {
    Bytes octets(size);
    random_.fill(octets);
    return octets;
  }

  AeadNonce randomNonce() {
    AeadNonce nonce;
    random_.fill(nonce);
    return nonce;
  }

  Sealed byVector(const AeadNonce& nonce, ByteView additionalData, Bytes text) const {
    Sealed sealed{std::move(text), {}};
    gcm_->seal(nonce.data(), additionalData, sealed.text, sealed.tag.data());
    return sealed;
  }

  void expectEqual(std::size_t additional, std::size_t size) {
    const Bytes additionalData = randomOctets(additional);
    const Bytes text = randomOctets(size);
    const AeadNonce nonce = randomNonce();
    Sealed sealed = byVector(nonce, additionalData, text);
    ASSERT_EQ(sealed, byOpenSsl(key_, nonce, additionalData, text)) << additional << " and " << size << " octets";
    ASSERT_TRUE(gcm_->open(nonce.data(), additionalData, sealed.text, sealed.tag.data()));
    ASSERT_EQ(sealed.text, text) << additional << " and " << size << " octets";
  }

  SeededRandom random_{7};
  AeadKey key_;
  std::unique_ptr<const VectorGcm> gcm_;
};

TEST_F(VectorGcmTest, equalsOpenSslForEveryShortLength) {
  for (std::size_t size = 0; size <= 530; ++size) expectEqual(size % 37, size);
  for (std::size_t additional = 0; additional <= 300; ++additional) expectEqual(additional, 100);
}

TEST_F(VectorGcmTest, equalsOpenSslForLongTextsAndManyKeys) {
  for (int i = 0; i < 300; ++i) {
    random_.fill(key_.span());
    gcm_ = VectorGcm::create(key_);
    std::array<std::uint8_t, 2> size;
    random_.fill(size);
    expectEqual(31 + 16 * (i % 8), (size[0] << 3 | size[1]) + (i % 10 == 0 ? 60000u : 0u));
  }
}

TEST_F(VectorGcmTest, writesNothingBesideTextAndTag) {
  const AeadNonce nonce = randomNonce();
  for (const std::size_t size : {0u, 1u, 15u, 16u, 127u, 128u, 129u, 255u, 256u, 1400u}) {
    Bytes memory(size + 64, 0xa5);
    std::array<std::uint8_t, 16> tag;
    gcm_->seal(nonce.data(), {}, ByteSpan(memory).subspan(32, size), tag.data());
    EXPECT_TRUE(std::all_of(memory.begin(), memory.begin() + 32, [](int o) { return o == 0xa5; })) << size;
    EXPECT_TRUE(std::all_of(memory.end() - 32, memory.end(), [](int o) { return o == 0xa5; })) << size;
  }
}

TEST_F(VectorGcmTest, refusesEverySingleBitThatDiffers) {
  const AeadNonce nonce = randomNonce();
  const Bytes additionalData = randomOctets(47);
  const Sealed sealed = byVector(nonce, additionalData, randomOctets(300));
  const auto opens = [&](const AeadNonce& under, ByteView with, Sealed what) {
    return gcm_->open(under.data(), with, what.text, what.tag.data());
  };
  ASSERT_TRUE(opens(nonce, additionalData, sealed));
  const auto flip = [](auto octets, std::size_t bit) {
    octets[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    return octets;
  };
  for (std::size_t bit = 0; bit < sealed.text.size() * 8; ++bit)
    ASSERT_FALSE(opens(nonce, additionalData, {flip(sealed.text, bit), sealed.tag})) << bit;
  for (std::size_t bit = 0; bit < 128; ++bit)
    ASSERT_FALSE(opens(nonce, additionalData, {sealed.text, flip(sealed.tag, bit)})) << bit;
  for (std::size_t bit = 0; bit < additionalData.size() * 8; ++bit)
    ASSERT_FALSE(opens(nonce, flip(additionalData, bit), sealed)) << bit;
  for (std::size_t bit = 0; bit < 96; ++bit) ASSERT_FALSE(opens(flip(nonce, bit), additionalData, sealed)) << bit;
  ASSERT_FALSE(opens(nonce, ByteView(additionalData).first(46), sealed));
}

}  // namespace
}  // namespace srwan::test
