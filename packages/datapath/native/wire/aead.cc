#include "wire/aead.h"

#include <openssl/evp.h>

#include <limits>
#include <stdexcept>

namespace srwan {
namespace {

// Fetched once: the implicit fetch of EVP_aes_256_gcm() would be repeated for each key. Lives as long as the process.
const EVP_CIPHER* algorithm() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return fetched;
}

CipherContextPointer newContext(const AeadKey& key, bool sealing) {
  CipherContextPointer context(EVP_CIPHER_CTX_new());
  // GCM's default IV length is the 12 octets that we use.
  if (!context || algorithm() == nullptr ||
      EVP_CipherInit_ex(context.get(), algorithm(), nullptr, key.data(), nullptr, sealing ? 1 : 0) != 1) {
    throw std::runtime_error("AES-256-GCM is not available in OpenSSL");
  }
  return context;
}

bool begin(EVP_CIPHER_CTX* context, const AeadNonce& nonce, ByteView additionalData, bool sealing) noexcept {
  int written = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), sealing ? 1 : 0) != 1) return false;
  return additionalData.empty() || EVP_CipherUpdate(context, nullptr, &written, additionalData.data(),
                                                    static_cast<int>(additionalData.size())) == 1;
}

bool fits(ByteView additionalData, ByteView buffer) noexcept {
  constexpr std::size_t LIMIT = std::numeric_limits<int>::max();
  return buffer.size() >= AEAD_TAG_OCTETS && buffer.size() <= LIMIT && additionalData.size() <= LIMIT;
}

}  // namespace

void CipherContextDeleter::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }

AeadSealer::AeadSealer(const AeadKey& key) : context_(newContext(key, true)) {}

bool AeadSealer::seal(const AeadNonce& nonce, ByteView additionalData, ByteSpan buffer) noexcept {
  if (!fits(additionalData, buffer)) return false;
  const ByteSpan text = buffer.first(buffer.size() - AEAD_TAG_OCTETS);
  int written = 0;
  if (!begin(context_.get(), nonce, additionalData, true)) return false;
  if (!text.empty() &&
      (EVP_CipherUpdate(context_.get(), text.data(), &written, text.data(), static_cast<int>(text.size())) != 1 ||
       written != static_cast<int>(text.size()))) {
    return false;
  }
  std::uint8_t* const tag = buffer.data() + text.size();
  return EVP_CipherFinal_ex(context_.get(), tag, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_OCTETS, tag) == 1;
}

AeadOpener::AeadOpener(const AeadKey& key) : context_(newContext(key, false)) {}

bool AeadOpener::open(const AeadNonce& nonce, ByteView additionalData, ByteSpan buffer) noexcept {
  if (!fits(additionalData, buffer)) return false;
  const ByteSpan text = buffer.first(buffer.size() - AEAD_TAG_OCTETS);
  std::uint8_t* const tag = buffer.data() + text.size();
  std::array<std::uint8_t, AEAD_TAG_OCTETS> unused;
  int written = 0;
  const bool authentic = begin(context_.get(), nonce, additionalData, false) &&
                         (text.empty() || EVP_CipherUpdate(context_.get(), text.data(), &written, text.data(),
                                                           static_cast<int>(text.size())) == 1) &&
                         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_OCTETS, tag) == 1 &&
                         EVP_CipherFinal_ex(context_.get(), unused.data(), &written) == 1;
  if (!authentic) wipe(text);
  return authentic;
}

}  // namespace srwan
