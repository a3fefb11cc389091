#include "wire/x25519.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace srwan {
namespace {

struct PkeyContextDeleter {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};

}  // namespace

void KeyPair::PkeyDeleter::operator()(evp_pkey_st* pkey) const noexcept { EVP_PKEY_free(pkey); }

KeyPair KeyPair::fromPrivate(const std::array<std::uint8_t, 32>& privateKey) {
  PkeyPointer pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, privateKey.data(), privateKey.size()));
  PublicKey publicKey;
  std::size_t size = publicKey.size();
  if (!pkey || EVP_PKEY_get_raw_public_key(pkey.get(), publicKey.data(), &size) != 1 || size != publicKey.size()) {
    throw std::runtime_error("X25519 key could not be made by OpenSSL");
  }
  return KeyPair(std::move(pkey), publicKey);
}

KeyPair KeyPair::generate(RandomSource& random) {
  std::array<std::uint8_t, 32> privateKey;
  random.fill(privateKey);
  KeyPair pair = fromPrivate(privateKey);
  wipe(privateKey);
  return pair;
}

std::optional<SharedSecret> KeyPair::dh(const PublicKey& peer) const {
  const PkeyPointer peerKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
  const std::unique_ptr<EVP_PKEY_CTX, PkeyContextDeleter> context(EVP_PKEY_CTX_new(pkey_.get(), nullptr));
  if (!peerKey || !context) throw std::runtime_error("X25519 failed in OpenSSL");
  SharedSecret secret;
  std::size_t size = SharedSecret::SIZE;
  // OpenSSL itself fails on an all-zero result; the comparison below keeps the promise should a provider not do so.
  if (EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), peerKey.get()) != 1 ||
      EVP_PKEY_derive(context.get(), secret.span().data(), &size) != 1 || size != SharedSecret::SIZE) {
    return std::nullopt;
  }
  if (secret == SharedSecret()) return std::nullopt;
  return secret;
}

}  // namespace srwan
