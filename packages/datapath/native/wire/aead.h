#pragma once

#include <memory>

#include "wire/aead_suite.h"
#include "wire/secret.h"
#include "wire/vector_gcm.h"

struct evp_cipher_ctx_st;

namespace srwan {

constexpr std::size_t AEAD_TAG_OCTETS = 16;
constexpr std::size_t AEAD_NONCE_OCTETS = 12;
using AeadNonce = std::array<std::uint8_t, AEAD_NONCE_OCTETS>;

/** 0³² ‖ `low` as 64 bits: the nonce form of every packet and of Noise. */
constexpr AeadNonce nonceFrom(std::uint64_t low) noexcept {
  AeadNonce nonce{};
  store64(nonce.data() + 4, low);
  return nonce;
}

struct CipherContextDeleter {
  void operator()(evp_cipher_ctx_st* context) const noexcept;
};
using CipherContextPointer = std::unique_ptr<evp_cipher_ctx_st, CipherContextDeleter>;

/** Seals with one suite under one key, expanded once. Movable; one thread at a time; nothing is allocated per packet.
 */
class AeadSealer {
 public:
  /** @throws std::runtime_error where OpenSSL fails (out of memory) */
  explicit AeadSealer(const AeadKey& key, AeadSuite suite = AeadSuite::aes256Gcm);

  /**
   * Encrypts in place and writes the tag behind. The caller never repeats a nonce.
   *
   * @param buffer - plaintext followed by `AEAD_TAG_OCTETS` free octets
   * @returns false where the buffer is shorter than a tag or OpenSSL fails; the buffer must then not be sent
   */
  [[nodiscard]] bool seal(const AeadNonce& nonce, ByteView additionalData, ByteSpan buffer) noexcept;

 private:
  // One of the two.
  std::unique_ptr<const VectorGcm> vector_;
  CipherContextPointer context_;
};

/** Opens with one suite under one key, expanded once. Movable; one thread at a time; nothing is allocated per packet.
 */
class AeadOpener {
 public:
  /** @throws std::runtime_error where OpenSSL fails (out of memory) */
  explicit AeadOpener(const AeadKey& key, AeadSuite suite = AeadSuite::aes256Gcm);

  /**
   * Decrypts in place.
   *
   * @param buffer - ciphertext ‖ tag; on success the plaintext is all but the last `AEAD_TAG_OCTETS`
   * @returns false where it does not authenticate; what was decrypted is wiped
   */
  [[nodiscard]] bool open(const AeadNonce& nonce, ByteView additionalData, ByteSpan buffer) noexcept;

 private:
  // One of the two.
  std::unique_ptr<const VectorGcm> vector_;
  CipherContextPointer context_;
};

}  // namespace srwan
