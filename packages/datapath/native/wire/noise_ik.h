#pragma once

#include "wire/sha256.h"
#include "wire/x25519.h"

namespace srwan {

/** What Noise adds to the payload of the first message: e 32 ‖ sealed static key 48 ‖ tag 16. */
constexpr std::size_t NOISE_IK_INITIATION_OVERHEAD = 96;
/** What Noise adds to the payload of the second message: e 32 ‖ tag 16. */
constexpr std::size_t NOISE_IK_RESPONSE_OVERHEAD = 48;

/** What a finished handshake leaves: `Split()` of the Noise specification, revision 34. */
struct NoiseTransport {
  /** First key of `Split()`: initiator to responder. */
  ChainKey forward;
  /** Second key of `Split()`: responder to initiator. */
  ChainKey reverse;
  /** Handshake hash, a channel binding. Not secret. */
  Digest handshakeHash;
};

/** `SymmetricState` with its `CipherState` (Noise revision 34, 5.1 and 5.2), for this one suite. */
class NoiseSymmetricState {
 public:
  explicit NoiseSymmetricState(ByteView prologue);

  void mixHash(ByteView data);
  void mixKey(const SharedSecret& secret);
  /** @param out - `plaintext.size() + 16` octets */
  [[nodiscard]] bool encryptAndHash(ByteView plaintext, ByteSpan out);
  /** @param out - `ciphertext.size() − 16` octets */
  [[nodiscard]] bool decryptAndHash(ByteView ciphertext, ByteSpan out);
  NoiseTransport split() const;
  /** A copy on which a message may be tried. */
  NoiseSymmetricState clone() const;

 private:
  Secret<struct NoiseChainPurpose, 32> chainingKey_;
  AeadKey key_;
  std::uint64_t nonce_ = 0;
  Digest hash_;
};

/** One attempt of the initiator of `Noise_IK_25519_AESGCM_SHA256`. Steps in order: write, read, split. A failed step
 * ends the attempt. */
class NoiseIkInitiator {
 public:
  /** @param local - must outlive this object */
  NoiseIkInitiator(const KeyPair& local, const PublicKey& remote, ByteView prologue);

  /**
   * @param out - exactly `NOISE_IK_INITIATION_OVERHEAD + payload.size()` octets
   * @returns false for a wrong size, a second call, or a remote key of small order
   */
  [[nodiscard]] bool writeInitiation(RandomSource& random, ByteView payload, ByteSpan out);

  /**
   * @param payload - exactly `message.size() − NOISE_IK_RESPONSE_OVERHEAD` octets, filled on success
   * @returns false where it is not the responder's answer to this attempt; the attempt stays usable for the true one
   */
  [[nodiscard]] bool readResponse(ByteView message, ByteSpan payload);

  /** @returns nullopt before `readResponse` has succeeded */
  std::optional<NoiseTransport> split() const;

 private:
  enum class Step : std::uint8_t { start, sent, done, failed };

  const KeyPair& local_;
  PublicKey remote_;
  NoiseSymmetricState symmetric_;
  std::optional<KeyPair> ephemeral_;
  Step step_ = Step::start;
};

/** One attempt of the responder. Steps in order: read, write, split. A failed step ends the attempt. */
class NoiseIkResponder {
 public:
  /** @param local - must outlive this object */
  NoiseIkResponder(const KeyPair& local, ByteView prologue);

  /**
   * @param payload - exactly `message.size() − NOISE_IK_INITIATION_OVERHEAD` octets, filled on success
   * @returns the initiator's static key, authenticated; nullopt where the message is not valid
   */
  [[nodiscard]] std::optional<PublicKey> readInitiation(ByteView message, ByteSpan payload);

  /** @param out - exactly `NOISE_IK_RESPONSE_OVERHEAD + payload.size()` octets */
  [[nodiscard]] bool writeResponse(RandomSource& random, ByteView payload, ByteSpan out);

  /** @returns nullopt before `writeResponse` has succeeded */
  std::optional<NoiseTransport> split() const;

 private:
  enum class Step : std::uint8_t { start, received, done, failed };

  const KeyPair& local_;
  NoiseSymmetricState symmetric_;
  PublicKey remoteStatic_{};
  PublicKey remoteEphemeral_{};
  Step step_ = Step::start;
};

}  // namespace srwan
