#include "wire/sha256.h"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace srwan {
namespace {

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// Fetched once: the implicit fetch of EVP_sha256() costs more than hashing a short input. Lives as long as the process.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

}  // namespace

Digest sha256(std::span<const ByteView> parts) {
  const std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> context(EVP_MD_CTX_new());
  Digest digest;
  bool ok = context != nullptr && EVP_DigestInit_ex(context.get(), algorithm(), nullptr) == 1;
  for (const ByteView part : parts) {
    ok = ok && (part.empty() || EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  if (!ok || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    throw std::runtime_error("SHA-256 failed in OpenSSL");
  return digest;
}

Digest sha256(std::initializer_list<ByteView> parts) {
  return sha256(std::span<const ByteView>(parts.begin(), parts.size()));
}

}  // namespace srwan
