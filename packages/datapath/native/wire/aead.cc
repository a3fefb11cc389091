#include "wire/aead.h"

#include <openssl/evp.h>

#include <limits>
#include <stdexcept>

#ifdef SRWAN_NONCE_AUDIT
#include "wire/nonce_audit.h"
#include "wire/sha256.h"
#endif

namespace srwan {
namespace {

// Fetched once: the implicit fetch of EVP_aes_256_gcm() would be repeated for each key. Lives as long as the process.
const EVP_CIPHER* algorithm(AeadSuite suite) {
  static const EVP_CIPHER* const aes = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  static const EVP_CIPHER* const chaCha = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  return suite == AeadSuite::aes256Gcm ? aes : chaCha;
}

CipherContextPointer newContext(const AeadKey& key, AeadSuite suite, bool sealing) {
  const EVP_CIPHER* const cipher = algorithm(suite);
  CipherContextPointer context(EVP_CIPHER_CTX_new());
  // The default IV length of both is the 12 octets that we use.
  if (!context || cipher == nullptr ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), nullptr, sealing ? 1 : 0) != 1) {
    throw std::runtime_error(suite == AeadSuite::aes256Gcm ? "AES-256-GCM is not available in OpenSSL"
                                                           : "ChaCha20-Poly1305 is not available in OpenSSL");
  }
  return context;
}

#ifdef SRWAN_NONCE_AUDIT
// The audit hangs on OpenSSL's contexts.
constexpr bool VECTOR_ALLOWED = false;
#else
constexpr bool VECTOR_ALLOWED = true;
#endif

// @returns null where OpenSSL has to do it
std::unique_ptr<const VectorGcm> newVector(const AeadKey& key, AeadSuite suite) {
  return VECTOR_ALLOWED && suite == AeadSuite::aes256Gcm ? VectorGcm::create(key) : nullptr;
}

// In debug builds the context carries the digest of its key, so that sealers look the same in every build.
#ifdef SRWAN_NONCE_AUDIT
void attachAudit(EVP_CIPHER_CTX* context, const AeadKey& key) {
  EVP_CIPHER_CTX_set_app_data(context, new AuditedKey(sha256({key.view()})));
}
void detachAudit(EVP_CIPHER_CTX* context) noexcept {
  if (context != nullptr) delete static_cast<AuditedKey*>(EVP_CIPHER_CTX_get_app_data(context));
}
void audit(EVP_CIPHER_CTX* context, const AeadNonce& nonce) noexcept {
  recordNonce(*static_cast<AuditedKey*>(EVP_CIPHER_CTX_get_app_data(context)), nonce);
}
#else
void attachAudit(EVP_CIPHER_CTX*, const AeadKey&) noexcept {}
void detachAudit(EVP_CIPHER_CTX*) noexcept {}
void audit(EVP_CIPHER_CTX*, const AeadNonce&) noexcept {}
#endif

bool begin(EVP_CIPHER_CTX* context, const AeadNonce& nonce, ByteView additionalData, bool sealing) noexcept {
  int written = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), sealing ? 1 : 0) != 1) return false;
  return additionalData.empty() || EVP_CipherUpdate(context, nullptr, &written, additionalData.data(),
                                                    static_cast<int>(additionalData.size())) == 1;
}

bool openIn(EVP_CIPHER_CTX* context, const AeadNonce& nonce, ByteView additionalData, ByteSpan text,
            std::uint8_t* tag) noexcept {
  std::array<std::uint8_t, AEAD_TAG_OCTETS> unused;
  int written = 0;
  return begin(context, nonce, additionalData, false) &&
         (text.empty() ||
          EVP_CipherUpdate(context, text.data(), &written, text.data(), static_cast<int>(text.size())) == 1) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_OCTETS, tag) == 1 &&
         EVP_CipherFinal_ex(context, unused.data(), &written) == 1;
}

bool fits(ByteView additionalData, ByteView buffer) noexcept {
  constexpr std::size_t LIMIT = std::numeric_limits<int>::max();
  return buffer.size() >= AEAD_TAG_OCTETS && buffer.size() <= LIMIT && additionalData.size() <= LIMIT;
}

}  // namespace

void CipherContextDeleter::operator()(evp_cipher_ctx_st* context) const noexcept {
  detachAudit(context);
  EVP_CIPHER_CTX_free(context);
}

AeadSealer::AeadSealer(const AeadKey& key, AeadSuite suite) : vector_(newVector(key, suite)) {
  if (vector_) return;
  context_ = newContext(key, suite, true);
  attachAudit(context_.get(), key);
}

bool AeadSealer::seal(const AeadNonce& nonce, ByteView additionalData, ByteSpan buffer) noexcept {
  if (!fits(additionalData, buffer)) return false;
  const ByteSpan text = buffer.first(buffer.size() - AEAD_TAG_OCTETS);
  if (vector_) return vector_->seal(nonce.data(), additionalData, text, buffer.data() + text.size()), true;
  audit(context_.get(), nonce);
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

AeadOpener::AeadOpener(const AeadKey& key, AeadSuite suite) : vector_(newVector(key, suite)) {
  if (!vector_) context_ = newContext(key, suite, false);
}

bool AeadOpener::open(const AeadNonce& nonce, ByteView additionalData, ByteSpan buffer) noexcept {
  if (!fits(additionalData, buffer)) return false;
  const ByteSpan text = buffer.first(buffer.size() - AEAD_TAG_OCTETS);
  std::uint8_t* const tag = buffer.data() + text.size();
  const bool authentic = vector_ ? vector_->open(nonce.data(), additionalData, text, tag)
                                 : openIn(context_.get(), nonce, additionalData, text, tag);
  if (!authentic) wipe(text);
  return authentic;
}

}  // namespace srwan
