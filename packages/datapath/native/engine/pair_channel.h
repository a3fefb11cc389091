// Pair-keyed packets: what two members say to each other directly, or through a common member.
#pragma once

#include "engine/engine_context.h"
#include "engine/repetition.h"
#include "wire/pair_packet.h"
#include "wire/relay_body.h"
#include "wire/session_control.h"

namespace srwan {

// Ways that a control packet takes, both where both are set.
struct Via {
  bool direct = true;
  // Peer index of a relay, or −1.
  std::int32_t relay = -1;
};

class PairChannel {
 public:
  struct Received {
    Peer& peer;
    PacketKind kind;
    ByteSpan body;
  };

  explicit PairChannel(EngineContext& context) : context_(context) {}

  // Opens a datagram of kinds 3, 4, 5 or 7; counts why where it drops it.
  std::optional<Received> open(ByteSpan datagram);
  // Seals `body` for a member and sends it.
  bool send(Peer& to, PacketKind kind, ByteView body, Via via = {});
  // Sends a packet of kind 4, 5 or 6 that is complete.
  void sendPacket(Peer& to, PacketKind kind, ByteView packet, Via via);
  // Sends `inner` inside a kind 7 packet.
  bool sendRelayed(Peer& next, RelayStage stage, Sid destination, Sid origin, ByteView inner);
  // @returns null where the pair can share no key
  PairSecrets* secretsOf(Peer& peer);
  // Sends the answer to an OPEN or PATHS, the way that the request came.
  void answer(Peer& to, const AnswerMessage& message);
  // The way back to a member whose last request came through a relay.
  Via answerVia(const Peer& peer) const;
  // The way of a request: also through a relay where it got no direct answer, or where the member's last word came
  // through one.
  Via requestVia(const Peer& peer, const Repetition& repetition);
  // @param turn counts the repetitions · @returns the member's relay whose turn it is, −1 where none is known
  std::int32_t relayFor(const Peer& peer, std::uint32_t turn);

 private:
  void countSent(PacketKind kind, std::size_t octets);

  EngineContext& context_;
  std::array<std::uint8_t, MAX_PAIR_PACKET_OCTETS> packet_{};
  std::array<std::uint8_t, MAX_PAIR_PACKET_OCTETS> envelope_{};
};

}  // namespace srwan
