// Carries other members' sessions: opened by their ingress, forwarded packet by packet against its proof, billed.
#pragma once

#include "engine/hop_receiver.h"
#include "engine/pair_channel.h"
#include "engine/session.h"
#include "wire/session_control.h"

namespace srwan {

struct TransitSession : Session {
  TransitSession(std::uint32_t id, Nanos opened, Nanos rekeyInterval, HopRoot forward, HopRoot reverse)
      : Session(SessionRole::transit, id),
        clocks{KeyEpochClock(opened, rekeyInterval), KeyEpochClock(opened, rekeyInterval)},
        hops{HopReceiver(std::move(forward)), HopReceiver(std::move(reverse))} {}

  // Indexed by direction.
  std::array<KeyEpochClock, 2> clocks;
  std::array<HopReceiver, 2> hops;
  std::array<bool, 2> directionOpen{};
  Nanos rekeyInterval = 0;
  std::uint32_t sequence = 0;
};

class TransitRole {
 public:
  TransitRole(EngineContext& context, PairChannel& channel, SessionTable& sessions)
      : context_(context), channel_(channel), sessions_(sessions) {}

  void onOpen(Peer& ingress, const OpenMessage& message);
  void onPacket(TransitSession& session, const SegmentPacketView& packet);
  // Wipes keys that are out of range.
  void sweep(TransitSession& session);

 private:
  AnswerCode open(Peer& ingress, const OpenMessage& message);
  void renew(TransitSession& session, const OpenMessage& message);

  EngineContext& context_;
  PairChannel& channel_;
  SessionTable& sessions_;
};

// The counter of each reason why a hop refuses a packet.
Counter counterOf(HopReceiver::Verdict verdict);

}  // namespace srwan
