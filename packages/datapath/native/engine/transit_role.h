// Carries other members' sessions: opened by their ingress, forwarded packet by packet against its proof, billed.
#pragma once

#include "engine/hop_receiver.h"
#include "engine/pair_channel.h"
#include "engine/session.h"
#include "wire/session_control.h"

namespace srwan {

// What one lane keeps of a session. Arrays by direction.
struct alignas(64) TransitLane {
  TransitLane(Nanos opened, Nanos rekeyInterval, const HopRoot& forward, const HopRoot& reverse)
      : clocks{KeyEpochClock(opened, rekeyInterval), KeyEpochClock(opened, rekeyInterval)},
        hops{HopReceiver(forward.clone()), HopReceiver(reverse.clone())} {}

  std::array<KeyEpochClock, 2> clocks;
  std::array<HopReceiver, 2> hops;
};

struct TransitSession : Session {
  TransitSession(std::uint32_t id, std::size_t lanes, Nanos opened, Nanos rekeyInterval, const HopRoot& forward,
                 const HopRoot& reverse)
      : Session(SessionRole::transit, id, lanes) {
    this->lanes.reserve(lanes);
    for (std::size_t i = 0; i < lanes; ++i) this->lanes.emplace_back(opened, rekeyInterval, forward, reverse);
  }

  std::vector<TransitLane> lanes;
  std::array<bool, 2> directionOpen{};
  Nanos rekeyInterval = 0;
  std::uint32_t sequence = 0;
};

class TransitRole {
 public:
  TransitRole(EngineContext& context, PairChannel& channel, SessionTable& sessions)
      : context_(context), channel_(channel), sessions_(sessions) {}

  void onOpen(Peer& ingress, const OpenMessage& message);
  // For lanes beside each other. @param own the lane that keeps the stream
  void onPacket(Lane& lane, TransitSession& session, unsigned own, const SegmentPacketView& packet);
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
