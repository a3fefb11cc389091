// What stands before the Diffie–Hellman of a responder: how busy it is, and whether an initiator receives at the
// address that it sends from.
#pragma once

#include "engine/engine_context.h"
#include "wire/handshake_cookie.h"

namespace srwan {

class CookieGuard {
 public:
  // More initiations than this, whoever they claim to be from, are load; it lasts until none has been over for
  // LOAD_TIME.
  static constexpr std::int64_t LOAD_RATE = 100;
  static constexpr std::int64_t LOAD_BURST = 100;
  static constexpr Nanos LOAD_TIME = SECOND;
  // A cookie reply costs two HMAC and one short sealing: the most that a flood may take of them.
  static constexpr std::int64_t REPLY_RATE = 10'000;
  static constexpr std::int64_t REPLY_BURST = 1'000;
  // Initiations of one proven address. Addresses share these buckets by a keyed hash: nothing is allocated for one.
  static constexpr std::int64_t PROVEN_RATE = 20;
  static constexpr std::int64_t PROVEN_BURST = 40;
  static constexpr std::size_t PROVEN_BUCKETS = 256;
  // A secret is used this long, and what was made with it taken as long again.
  static constexpr Nanos SECRET_LIFETIME = 120 * SECOND;

  explicit CookieGuard(EngineContext& context);

  // @param datagram an initiation with a valid mac1 · @returns false where it was dropped, which has been counted
  bool admit(ByteView datagram, const HandshakeView& view, const UnderlayEndpoint& from);

 private:
  struct DrawnSecret {
    CookieSecret secret;
    Nanos drawn = 0;
  };

  bool underLoad();
  void rotate();
  bool proven(ByteView datagram, const UnderlayEndpoint& from) const;
  TokenBucket& bucketOf(const UnderlayEndpoint& from);
  void reply(ByteView datagram, const HandshakeView& view, const UnderlayEndpoint& from);

  EngineContext& context_;
  AeadSealer sealer_;
  std::optional<DrawnSecret> current_;
  std::optional<DrawnSecret> previous_;
  TokenBucket load_{LOAD_RATE, LOAD_BURST};
  Nanos loadedUntil_ = 0;
  TokenBucket replies_{REPLY_RATE, REPLY_BURST};
  std::vector<TokenBucket> proven_;
};

}  // namespace srwan
