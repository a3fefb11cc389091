#pragma once

#include <string>

#include "support/hex.h"
#include "wire/pair_keys.h"
#include "wire/segment_packet.h"
#include "wire/sha256.h"

namespace srwan::test {

constexpr std::string_view NETWORK_ID = "golden.example";

/** A node whose keys follow from its name. */
struct Node {
  explicit Node(const std::string& nodeName)
      : name(nodeName),
        privateKey(sha256({bytesOf("srwan golden private key "), bytesOf(nodeName)})),
        keys(KeyPair::fromPrivate(privateKey)),
        sid(load64(sha256({bytesOf("srwan golden sid "), bytesOf(nodeName)}).data())) {}

  std::string name;
  std::array<std::uint8_t, 32> privateKey;
  KeyPair keys;
  Sid sid;
};

inline PairKeys pairKeys(const Node& own, const Node& peer) {
  auto keys = derivePairKeys(NETWORK_ID, own.keys, peer.keys.publicKey());
  if (!keys) throw std::runtime_error("no pair keys");
  return std::move(*keys);
}

/** A path through nodes of its own: n segments in one direction of a session, with every key that its hops hold. */
struct Path {
  /** @param count - segments, 1 … 4 */
  Path(std::size_t count, Direction pathDirection, std::uint32_t pathSession, std::uint32_t epoch)
      : direction(pathDirection), session(pathSession), keyEpoch(epoch), ingress("ingress"), egress("egress") {
    for (std::size_t i = 0; i + 1 < count; ++i) hops.emplace_back("transit-" + std::to_string(i + 1));
    hops.emplace_back(direction == Direction::forward ? "egress" : "ingress");
    for (std::size_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      segments.push_back({hops[i].sid, last ? Behaviour::endDt46 : Behaviour::end});
      // The ingress shares a root with every transit and the egress; the last hop of the reverse direction is the
      // ingress itself.
      roots.push_back(deriveHopRoot(pairKeys(ingress, last ? egress : hops[i]).root, session, direction));
      hopKeys.push_back(deriveHopKey(roots.back(), keyEpoch));
    }
    Digest chain =
        sha256({bytesOf("srwan golden chain key"), bytesOf(direction == Direction::forward ? "forward" : "reverse")});
    ChainKey current = std::move(*ChainKey::from(chain));
    for (std::uint32_t e = 0; e < keyEpoch; ++e) current = ratchet(current);
    dataKey = deriveDataKey(current);
  }

  Bytes seal(const SegmentPacketFields& fields, ByteView plaintext, AeadSuite suite = AeadSuite::aes256Gcm) const {
    Bytes packet(segmentPacketOverhead(segments.size()) + plaintext.size());
    std::copy(plaintext.begin(), plaintext.end(),
              packet.begin() + static_cast<std::ptrdiff_t>(segmentPlaintextOffset(segments.size())));
    std::vector<const HopKey*> keys;
    for (const HopKey& key : hopKeys) keys.push_back(&key);
    AeadSealer sealer(dataKey, suite);
    if (!sealSegmentPacket(packet, fields, segments, keys, sealer))
      throw std::runtime_error("packet could not be sealed");
    return packet;
  }

  SegmentPacketFields fields(std::uint64_t counter) const {
    return {direction, keyEpoch, 1, session, streamOf(7, 0), counter};
  }

  Direction direction;
  std::uint32_t session;
  std::uint32_t keyEpoch;
  Node ingress;
  Node egress;
  /** One per segment. */
  std::vector<Node> hops;
  std::vector<Segment> segments;
  std::vector<HopRoot> roots;
  std::vector<HopKey> hopKeys;
  AeadKey dataKey;
};

}  // namespace srwan::test
