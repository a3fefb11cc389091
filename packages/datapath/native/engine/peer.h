// One member that the control plane has verified, and all that this node shares with it.
#pragma once

#include "engine/engine_config.h"
#include "engine/token_bucket.h"
#include "wire/aead.h"
#include "wire/handshake_cookie.h"
#include "wire/pair_keys.h"
#include "wire/replay_window.h"

namespace srwan {

// Expanded keys of one pair; derived at first use, so that a large config costs no burst of Diffie–Hellman.
struct PairSecrets {
  AeadSealer sealer;
  AeadOpener opener;
  PairRoot root;
};

// Counters that must go on where they were as long as both public keys live: no nonce repeats, no replay is taken.
struct PairHistory {
  std::uint64_t sent = 0;
  PairReplayWindow received;
  // Greatest handshake counter taken from this peer.
  std::uint64_t handshakeSeen = 0;
  bool handshakeAny = false;
};

struct ProbeState {
  Nanos nextStart = NEVER;
  // Of the outstanding request.
  bool outstanding = false;
  Nanos t1 = 0;
  Nanos deadline = 0;
  // Exchanges that ever worked, and own requests lost in a row.
  bool everWorked = false;
  std::uint32_t lostInRow = 0;
  // Of the last exchange that this node began; 0 = none yet.
  Nanos roundTrip = 0;
};

struct Peer {
  // Rates of section "Limits" of the pair-keyed packet.
  static constexpr std::int64_t DATAGRAM_RATE = 50;
  static constexpr std::int64_t DATAGRAM_BURST = 200;
  static constexpr std::int64_t RELAY_RATE = 20;
  static constexpr std::int64_t RELAY_BURST = 50;
  // A whole policy set of opens at once, then a steady trickle.
  static constexpr std::int64_t CONTROL_RATE = 200;
  static constexpr std::int64_t CONTROL_BURST = 1024;
  // One pair exchanges one probe an interval; more than this is an attack.
  static constexpr std::int64_t PROBE_RATE = 20;
  static constexpr std::int64_t PROBE_BURST = 40;
  // What a member forwards to us for others: its own limit as a relay.
  static constexpr std::int64_t ARRIVAL_RATE = 200;
  static constexpr std::int64_t ARRIVAL_BURST = 500;
  // CLOSE of sessions that we opened: whoever sends more is left alone for a while.
  static constexpr std::int64_t CLOSE_RATE = 1;
  static constexpr std::int64_t CLOSE_BURST = 10;

  std::int32_t index = -1;
  PeerConfig config;
  std::uint8_t keyId = 0;
  Digest mac1Key{};
  std::optional<PairSecrets> secrets;
  // The peer's key is of small order: nothing is ever exchanged with it.
  bool secretsRefused = false;
  PairHistory history;
  std::uint64_t accepted = 0;

  TokenBucket datagramsIn{DATAGRAM_RATE, DATAGRAM_BURST};
  TokenBucket controlIn{CONTROL_RATE, CONTROL_BURST};
  TokenBucket probesIn{PROBE_RATE, PROBE_BURST};
  TokenBucket relayedIn{RELAY_RATE, RELAY_BURST};
  TokenBucket arrivalsIn{ARRIVAL_RATE, ARRIVAL_BURST};
  TokenBucket closesIn{CLOSE_RATE, CLOSE_BURST};

  // What it asked for while it was under load; goes into initiations to it.
  Cookie cookie{};
  Nanos cookieUntil = 0;

  ProbeState probe;
  // Answers go back through the member that relayed the request.
  std::int32_t returnRelay = -1;
  Nanos returnRelayUntil = 0;

  // Sessions towards it: the one in use and the one that is to replace it; 0 = none.
  std::uint32_t session = 0;
  std::uint32_t nextSession = 0;
  Nanos nextSessionNotBefore = 0;
  // Its session towards us that carries our packets back; 0 = none.
  std::uint32_t reverseSession = 0;
  // Sessions that it opened here as ingress.
  std::uint32_t sessionsHeld = 0;
  // Policies towards it by color, −1 = none, and the one that packets without a class take.
  std::array<std::int32_t, MAX_COLOR + 1> policies = noPolicies();
  std::int32_t defaultPolicy = -1;

  static constexpr std::array<std::int32_t, MAX_COLOR + 1> noPolicies() {
    std::array<std::int32_t, MAX_COLOR + 1> none{};
    none.fill(-1);
    return none;
  }
};

}  // namespace srwan
