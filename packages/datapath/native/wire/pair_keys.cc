#include "wire/pair_keys.h"

#include "wire/hkdf.h"

namespace srwan {
namespace {

Prk derivePairPrk(std::string_view networkId, const SharedSecret& secret) {
  const Digest salt = sha256({bytesOf("srwan-pair"), bytesOf(networkId)});
  return hkdfExtract(salt, secret.view());
}

AeadKey derivePairKey(const Prk& prk, const PublicKey& lo, const PublicKey& hi, bool senderIsHi) {
  const std::uint8_t sender = senderIsHi ? 1 : 0;
  AeadKey key;
  hkdfExpand(prk.view(), {bytesOf("srwan pair key"), lo, hi, ByteView(&sender, 1)}, key.span());
  return key;
}

}  // namespace

std::uint8_t keyId(const PublicKey& key) { return sha256({key})[0]; }

std::optional<PairKeys> derivePairKeys(std::string_view networkId, const KeyPair& own, const PublicKey& peer) {
  if (own.publicKey() == peer) return std::nullopt;  // both directions would have one key
  const std::optional<SharedSecret> secret = own.dh(peer);
  if (!secret) return std::nullopt;
  const Prk prk = derivePairPrk(networkId, *secret);
  const bool ownIsHi = peer < own.publicKey();
  const PublicKey& lo = ownIsHi ? peer : own.publicKey();
  const PublicKey& hi = ownIsHi ? own.publicKey() : peer;
  PairKeys keys{derivePairKey(prk, lo, hi, ownIsHi), derivePairKey(prk, lo, hi, !ownIsHi), {}};
  hkdfExpand(prk.view(), {bytesOf("srwan pair root"), lo, hi}, keys.root.span());
  return keys;
}

HopRoot deriveHopRoot(const PairRoot& root, std::uint32_t session, Direction direction) {
  std::array<std::uint8_t, 5> context;
  store32(context.data(), session);
  context[4] = static_cast<std::uint8_t>(direction);
  HopRoot hopRoot;
  hkdfExpand(root.view(), {bytesOf("srwan hop root"), context}, hopRoot.span());
  return hopRoot;
}

HopKey deriveHopKey(const HopRoot& root, std::uint32_t keyEpoch) {
  std::array<std::uint8_t, 4> context;
  store32(context.data(), keyEpoch);
  HopKey key;
  hkdfExpand(root.view(), {bytesOf("srwan hop key"), context}, key.span());
  return key;
}

ChainKey ratchet(const ChainKey& chain) {
  ChainKey next;
  hkdfExpand(chain.view(), {bytesOf("srwan ratchet")}, next.span());
  return next;
}

AeadKey deriveDataKey(const ChainKey& chain) {
  AeadKey key;
  hkdfExpand(chain.view(), {bytesOf("srwan data key")}, key.span());
  return key;
}

}  // namespace srwan
