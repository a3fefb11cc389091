// Forwards control packets of two members who do not reach each other directly, once.
#pragma once

#include "engine/pair_channel.h"

namespace srwan {

class RelayRole {
 public:
  // What a member sent through another one; `inner` is to be taken as if it had come from `origin`.
  struct Arrived {
    Peer& origin;
    ByteSpan inner;
  };

  RelayRole(EngineContext& context, PairChannel& channel) : context_(context), channel_(channel) {}

  // @returns the inner packet where this node is its destination; else it has been sent on or dropped
  std::optional<Arrived> onRelayed(const PairChannel::Received& received);

 private:
  static constexpr std::int64_t TOTAL_RATE = 200;
  static constexpr std::int64_t TOTAL_BURST = 500;
  static constexpr Nanos RETURN_TIME = 30 * SECOND;

  void forward(Peer& origin, const RelayBody& body);

  EngineContext& context_;
  PairChannel& channel_;
  TokenBucket total_{TOTAL_RATE, TOTAL_BURST};
};

}  // namespace srwan
