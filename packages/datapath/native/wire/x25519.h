#pragma once

#include <memory>
#include <optional>

#include "wire/random.h"
#include "wire/secret.h"

struct evp_pkey_st;

namespace srwan {

using PublicKey = std::array<std::uint8_t, 32>;

/** An X25519 key pair (RFC 7748). Movable, not copyable; the private half never leaves it. Use from one thread at a
 * time. */
class KeyPair {
 public:
  /** Draws a fresh private key. @throws std::runtime_error where OpenSSL fails */
  static KeyPair generate(RandomSource& random);
  /** For test vectors. @param privateKey - 32 octets, clamped by the function itself as RFC 7748 says */
  static KeyPair fromPrivate(const std::array<std::uint8_t, 32>& privateKey);

  const PublicKey& publicKey() const noexcept { return publicKey_; }

  /** @returns nullopt for a peer key of small order (the result would be all zero) */
  std::optional<SharedSecret> dh(const PublicKey& peer) const;

 private:
  struct PkeyDeleter {
    void operator()(evp_pkey_st* pkey) const noexcept;
  };
  using PkeyPointer = std::unique_ptr<evp_pkey_st, PkeyDeleter>;

  KeyPair(PkeyPointer pkey, const PublicKey& publicKey) noexcept : pkey_(std::move(pkey)), publicKey_(publicKey) {}

  PkeyPointer pkey_;
  PublicKey publicKey_;
};

}  // namespace srwan
