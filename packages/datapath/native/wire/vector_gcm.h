// AES-256-GCM (NIST SP 800-38D) by instructions that work on two blocks at a time (VAES, VPCLMULQDQ, AVX2). The OpenSSL
// of today's Node spends a third of a packet's sealing on looking up parameters by name and does not know these
// instructions; which machines have them is asked once, all others use OpenSSL. Constant time: no table, no branch
// and no address depends on a secret. See ADR 9.
#pragma once

#include <array>
#include <memory>

#include "wire/secret.h"

namespace srwan {

/** One key, expanded; opens and seals. Nothing changes after construction and nothing is allocated per packet. */
class VectorGcm {
 public:
  /** @returns null where the machine lacks the instructions */
  static std::unique_ptr<const VectorGcm> create(const AeadKey& key);

  ~VectorGcm();
  VectorGcm(const VectorGcm&) = delete;
  VectorGcm& operator=(const VectorGcm&) = delete;

  /** Encrypts `text` in place. @param nonce - 12 octets @param tag - 16 octets, written */
  void seal(const std::uint8_t* nonce, ByteView additionalData, ByteSpan text, std::uint8_t* tag) const noexcept;

  /** Decrypts `text` in place. @returns whether `tag` is right; the caller wipes what is not authentic */
  [[nodiscard]] bool open(const std::uint8_t* nonce, ByteView additionalData, ByteSpan text,
                          const std::uint8_t* tag) const noexcept;

 private:
  static constexpr std::size_t BLOCK = 16;
  static constexpr std::size_t ROUNDS = 14;
  // Eight blocks in one step, and the block of lengths.
  static constexpr std::size_t POWERS = 9;

  friend struct VectorGcmExpansion;
  friend struct VectorGcmWork;

  VectorGcm() = default;

  // Each round key twice, for two blocks.
  alignas(32) std::array<std::uint8_t, (ROUNDS + 1) * 2 * BLOCK> roundKeys_{};
  // H^9 … H^1, each times x, octets reversed.
  alignas(32) std::array<std::uint8_t, POWERS * BLOCK> powers_{};
  // Sum of the halves of each in the low half: for Karatsuba's product.
  alignas(32) std::array<std::uint8_t, POWERS * BLOCK> sums_{};
};

}  // namespace srwan
