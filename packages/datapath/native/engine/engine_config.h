// What the control plane hands over: the whole desired state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ip_prefix.h"
#include "engine/segment_path.h"
#include "engine/underlay_endpoint.h"
#include "wire/aead_suite.h"
#include "wire/x25519.h"

namespace srwan {

// What an engine is born with.
struct EngineInit {
  std::string networkId;
  Sid sid = NO_SID;
  Nanos probeInterval = 10 * SECOND;
  Nanos rekeyInterval = 120 * SECOND;
  Nanos sessionLifetime = 3600 * SECOND;
  // Largest inner packet that is tried on a direct path over IPv4, and the most that the TUN is ever given: 1,424 fills
  // an outer packet of 1,500. Paths with more segments, or over IPv6, are tried up to the same outer size.
  std::size_t maxMtu = 1424;
  // What data is sealed with where the other end prefers it too; ChaCha20-Poly1305 else.
  AeadSuite preferredSuite = AeadSuite::aes256Gcm;
};

struct PeerConfig {
  Sid sid = NO_SID;
  PublicKey publicKey{};
  UnderlayEndpoint endpoint;
  std::vector<IpPrefix> prefixes;
  SidList relays;

  bool operator==(const PeerConfig&) const = default;
};

struct PairIndex {
  std::uint8_t forward = 0;
  std::uint8_t reverse = 0;

  bool operator==(const PairIndex&) const = default;
};

struct PolicyConfig {
  Sid endpoint = NO_SID;
  std::uint8_t color = MIN_COLOR;
  std::vector<SidList> forward;
  std::vector<SidList> reverse;
  PairIndex active;
  std::optional<PairIndex> standby;
  bool keepOpen = false;

  bool operator==(const PolicyConfig&) const = default;
};

struct EngineConfig {
  std::vector<IpPrefix> localPrefixes;
  std::vector<PeerConfig> peers;
  std::vector<PolicyConfig> policies;
  bool transit = false;

  bool operator==(const EngineConfig&) const = default;
};

// Why a config is refused.
struct ConfigProblem {
  // Dotted path, `peers.2.endpoint`.
  std::string field;
  std::string message;
};

// @returns the first contradiction in the config of the node `own`; nullopt where there is none
std::optional<ConfigProblem> findConfigProblem(const EngineConfig& config, Sid own);

}  // namespace srwan
