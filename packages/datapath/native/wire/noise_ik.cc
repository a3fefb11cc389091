#include "wire/noise_ik.h"

#include <algorithm>
#include <string_view>

#include "wire/aead.h"
#include "wire/hkdf.h"

namespace srwan {
namespace {

constexpr std::string_view PROTOCOL_NAME = "Noise_IK_25519_AESGCM_SHA256";
static_assert(PROTOCOL_NAME.size() <= 32, "a longer name would have to be hashed");
constexpr std::size_t KEY_OCTETS = 32;
constexpr std::size_t SEALED_KEY_OCTETS = KEY_OCTETS + AEAD_TAG_OCTETS;
/** Longest sealed part of a message: ours are at most 48. */
constexpr std::size_t MAX_SEALED_OCTETS = 256;

PublicKey publicKeyFrom(ByteView octets) {
  PublicKey key;
  std::copy_n(octets.begin(), key.size(), key.begin());
  return key;
}

/** Token `ee`, `es`, `se` or `ss`. */
bool mixDh(NoiseSymmetricState& symmetric, const KeyPair& own, const PublicKey& peer) {
  const std::optional<SharedSecret> secret = own.dh(peer);
  if (!secret) return false;
  symmetric.mixKey(*secret);
  return true;
}

}  // namespace

NoiseSymmetricState::NoiseSymmetricState(ByteView prologue) : hash_{} {
  std::copy(PROTOCOL_NAME.begin(), PROTOCOL_NAME.end(), hash_.begin());
  std::copy(hash_.begin(), hash_.end(), chainingKey_.span().begin());
  mixHash(prologue);
}

NoiseSymmetricState NoiseSymmetricState::clone() const {
  NoiseSymmetricState copy(ByteView{});
  copy.chainingKey_ = chainingKey_.clone();
  copy.key_ = key_.clone();
  copy.nonce_ = nonce_;
  copy.hash_ = hash_;
  return copy;
}

void NoiseSymmetricState::mixHash(ByteView data) { hash_ = sha256({hash_, data}); }

void NoiseSymmetricState::mixKey(const SharedSecret& secret) {
  const Prk prk = hkdfExtract(chainingKey_.view(), secret.view());
  Secret<struct TwoKeysPurpose, 64> keys;
  hkdfExpand(prk.view(), {}, keys.span());
  std::copy_n(keys.data(), KEY_OCTETS, chainingKey_.span().begin());
  std::copy_n(keys.data() + KEY_OCTETS, KEY_OCTETS, key_.span().begin());
  nonce_ = 0;
}

bool NoiseSymmetricState::encryptAndHash(ByteView plaintext, ByteSpan out) {
  if (out.size() != plaintext.size() + AEAD_TAG_OCTETS) return false;
  std::copy(plaintext.begin(), plaintext.end(), out.begin());
  AeadSealer sealer(key_);
  if (!sealer.seal(nonceFrom(nonce_++), hash_, out)) return false;
  mixHash(out);
  return true;
}

bool NoiseSymmetricState::decryptAndHash(ByteView ciphertext, ByteSpan out) {
  if (ciphertext.size() < AEAD_TAG_OCTETS || ciphertext.size() > MAX_SEALED_OCTETS ||
      out.size() != ciphertext.size() - AEAD_TAG_OCTETS) {
    return false;
  }
  std::array<std::uint8_t, MAX_SEALED_OCTETS> buffer;
  const ByteSpan text = ByteSpan(buffer).first(ciphertext.size());
  std::copy(ciphertext.begin(), ciphertext.end(), text.begin());
  AeadOpener opener(key_);
  if (!opener.open(nonceFrom(nonce_++), hash_, text)) return false;
  mixHash(ciphertext);
  std::copy_n(text.begin(), out.size(), out.begin());
  wipe(text);
  return true;
}

NoiseTransport NoiseSymmetricState::split() const {
  const Prk prk = hkdfExtract(chainingKey_.view(), {});
  Secret<struct TwoKeysPurpose, 64> keys;
  hkdfExpand(prk.view(), {}, keys.span());
  NoiseTransport transport;
  std::copy_n(keys.data(), KEY_OCTETS, transport.forward.span().begin());
  std::copy_n(keys.data() + KEY_OCTETS, KEY_OCTETS, transport.reverse.span().begin());
  transport.handshakeHash = hash_;
  return transport;
}

NoiseIkInitiator::NoiseIkInitiator(const KeyPair& local, const PublicKey& remote, ByteView prologue)
    : local_(local), remote_(remote), symmetric_(prologue) {
  symmetric_.mixHash(remote_);  // pre-message of IK: the responder's static key
}

bool NoiseIkInitiator::writeInitiation(RandomSource& random, ByteView payload, ByteSpan out) {
  if (step_ != Step::start || out.size() != NOISE_IK_INITIATION_OVERHEAD + payload.size()) return false;
  step_ = Step::failed;
  ephemeral_.emplace(KeyPair::generate(random));
  const PublicKey& e = ephemeral_->publicKey();
  std::copy(e.begin(), e.end(), out.begin());
  symmetric_.mixHash(e);
  if (!mixDh(symmetric_, *ephemeral_, remote_)) return false;
  if (!symmetric_.encryptAndHash(local_.publicKey(), out.subspan(KEY_OCTETS, SEALED_KEY_OCTETS))) return false;
  if (!mixDh(symmetric_, local_, remote_)) return false;
  if (!symmetric_.encryptAndHash(payload, out.subspan(KEY_OCTETS + SEALED_KEY_OCTETS))) return false;
  step_ = Step::sent;
  return true;
}

bool NoiseIkInitiator::readResponse(ByteView message, ByteSpan payload) {
  if (step_ != Step::sent || message.size() != NOISE_IK_RESPONSE_OVERHEAD + payload.size()) return false;
  // On a copy: anyone can forge a response up to here, and must not end the attempt by it.
  NoiseSymmetricState symmetric = symmetric_.clone();
  const PublicKey e = publicKeyFrom(message);
  symmetric.mixHash(e);
  if (!mixDh(symmetric, *ephemeral_, e) || !mixDh(symmetric, local_, e)) return false;
  if (!symmetric.decryptAndHash(message.subspan(KEY_OCTETS), payload)) return false;
  symmetric_ = std::move(symmetric);
  ephemeral_.reset();
  step_ = Step::done;
  return true;
}

std::optional<NoiseTransport> NoiseIkInitiator::split() const {
  if (step_ != Step::done) return std::nullopt;
  return symmetric_.split();
}

NoiseIkResponder::NoiseIkResponder(const KeyPair& local, ByteView prologue) : local_(local), symmetric_(prologue) {
  symmetric_.mixHash(local_.publicKey());
}

std::optional<PublicKey> NoiseIkResponder::readInitiation(ByteView message, ByteSpan payload) {
  if (step_ != Step::start || message.size() != NOISE_IK_INITIATION_OVERHEAD + payload.size()) return std::nullopt;
  step_ = Step::failed;
  remoteEphemeral_ = publicKeyFrom(message);
  symmetric_.mixHash(remoteEphemeral_);
  if (!mixDh(symmetric_, local_, remoteEphemeral_)) return std::nullopt;
  if (!symmetric_.decryptAndHash(message.subspan(KEY_OCTETS, SEALED_KEY_OCTETS), remoteStatic_)) return std::nullopt;
  if (!mixDh(symmetric_, local_, remoteStatic_)) return std::nullopt;
  if (!symmetric_.decryptAndHash(message.subspan(KEY_OCTETS + SEALED_KEY_OCTETS), payload)) return std::nullopt;
  step_ = Step::received;
  return remoteStatic_;
}

bool NoiseIkResponder::writeResponse(RandomSource& random, ByteView payload, ByteSpan out) {
  if (step_ != Step::received || out.size() != NOISE_IK_RESPONSE_OVERHEAD + payload.size()) return false;
  step_ = Step::failed;
  const KeyPair ephemeral = KeyPair::generate(random);
  const PublicKey& e = ephemeral.publicKey();
  std::copy(e.begin(), e.end(), out.begin());
  symmetric_.mixHash(e);
  if (!mixDh(symmetric_, ephemeral, remoteEphemeral_) || !mixDh(symmetric_, ephemeral, remoteStatic_)) return false;
  if (!symmetric_.encryptAndHash(payload, out.subspan(KEY_OCTETS))) return false;
  step_ = Step::done;
  return true;
}

std::optional<NoiseTransport> NoiseIkResponder::split() const {
  if (step_ != Step::done) return std::nullopt;
  return symmetric_.split();
}

}  // namespace srwan
