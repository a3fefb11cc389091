#include "golden/golden_files.h"
#include "support/overlay.h"
#include "wire/key_epoch.h"

namespace srwan::test {
namespace {

Json nodeJson(const Node& node) {
  return Json::Object{{"name", node.name},
                      {"sid", sidHex(node.sid)},
                      {"privateKey", toHex(node.privateKey)},
                      {"publicKey", toHex(node.keys.publicKey())},
                      {"keyId", static_cast<int>(keyId(node.keys.publicKey()))}};
}

Json hopRootsJson(const PairRoot& root) {
  Json::Array out;
  for (const std::uint32_t session : {1U, 0xfeedbeefU}) {
    for (const Direction direction : {Direction::forward, Direction::reverse}) {
      const HopRoot hopRoot = deriveHopRoot(root, session, direction);
      Json::Array keys;
      for (const std::uint32_t epoch : {0U, 1U, 0x12345678U}) {
        keys.push_back(Json::Object{{"epoch", epoch}, {"hopKey", toHex(deriveHopKey(hopRoot, epoch).view())}});
      }
      out.push_back(Json::Object{{"session", session},
                                 {"direction", static_cast<int>(direction)},
                                 {"hopRoot", toHex(hopRoot.view())},
                                 {"hopKeys", std::move(keys)}});
    }
  }
  return out;
}

Json pairJson(const Node& a, const Node& b) {
  const PairKeys keys = pairKeys(a, b);
  return Json::Object{{"a", nodeJson(a)},
                      {"b", nodeJson(b)},
                      {"sharedSecret", toHex(a.keys.dh(b.keys.publicKey())->view())},
                      {"pairKeyOfA", toHex(keys.sending.view())},
                      {"pairKeyOfB", toHex(keys.receiving.view())},
                      {"pairRoot", toHex(keys.root.view())},
                      {"hopRoots", hopRootsJson(keys.root)}};
}

Json ratchetJson() {
  Json::Array out;
  ChainKey chain = std::move(*ChainKey::from(sha256({bytesOf("srwan golden chain key")})));
  for (int epoch = 0; epoch < 4; ++epoch) {
    out.push_back(Json::Object{
        {"epoch", epoch}, {"chainKey", toHex(chain.view())}, {"dataKey", toHex(deriveDataKey(chain).view())}});
    chain = ratchet(chain);
  }
  return out;
}

Json optionalEpoch(std::optional<std::uint32_t> epoch) { return epoch ? Json(*epoch) : Json(); }

}  // namespace

void addKeyDerivations(GoldenFiles& out) {
  Json::Array pairs;
  // The second pair is the first one seen from the other side, so that both orders of lo and hi occur.
  pairs.push_back(pairJson(Node("alpha"), Node("beta")));
  pairs.push_back(pairJson(Node("beta"), Node("alpha")));
  out.files.emplace_back(
      "key-derivations.json",
      Json::Object{{"networkId", std::string(NETWORK_ID)}, {"pairs", std::move(pairs)}, {"ratchet", ratchetJson()}});
}

void addKeyEpochs(GoldenFiles& out) {
  Json::Array cases;
  for (const std::uint32_t current : {0U, 1U, 7U, 15U, 16U, 100U, 0xffffffffU}) {
    for (std::uint32_t bits = 0; bits < 16; ++bits) {
      const auto low = static_cast<std::uint8_t>(bits);
      cases.push_back(Json::Object{{"bits", bits},
                                   {"current", current},
                                   {"nearest", optionalEpoch(recoverKeyEpoch(low, current))},
                                   {"acceptedInGrace", optionalEpoch(acceptKeyEpoch(low, current, true))},
                                   {"acceptedLater", optionalEpoch(acceptKeyEpoch(low, current, false))}});
    }
  }
  out.files.emplace_back("key-epochs.json", Json::Object{{"cases", std::move(cases)}});
}

}  // namespace srwan::test
