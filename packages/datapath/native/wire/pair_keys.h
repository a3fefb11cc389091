#pragma once

#include <string_view>

#include "wire/packet_kind.h"
#include "wire/secret.h"
#include "wire/x25519.h"

namespace srwan {

/** First octet of SHA-256(public key): tells the keys of successive starts of a node apart, no more. */
std::uint8_t keyId(const PublicKey& key);

/** Everything that two nodes share from the moment each knows the other's key. */
struct PairKeys {
  /** `pairKey(own)`: seals pair-keyed packets to the peer. */
  AeadKey sending;
  /** `pairKey(peer)`: opens pair-keyed packets of the peer. */
  AeadKey receiving;
  /** Parent of all hop roots between the two, whichever of them is the ingress. */
  PairRoot root;
};

/** @returns nullopt where the peer's key is of small order or is the own key */
std::optional<PairKeys> derivePairKeys(std::string_view networkId, const KeyPair& own, const PublicKey& peer);

/**
 * R_i of one hop (transit or egress), session and direction. For the last hop of the reverse direction, which is the
 * ingress, `root` is that of (ingress, egress) and the direction is `reverse`.
 */
HopRoot deriveHopRoot(const PairRoot& root, std::uint32_t session, Direction direction);

/** K_{i,e}. */
HopKey deriveHopKey(const HopRoot& root, std::uint32_t keyEpoch);

/** ck_{e+1} from ck_e; there is no way back. */
ChainKey ratchet(const ChainKey& chain);

/** key_e from ck_e: seals or opens one direction of a session in epoch e. */
AeadKey deriveDataKey(const ChainKey& chain);

}  // namespace srwan
