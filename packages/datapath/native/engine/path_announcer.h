// PATHS: tells the egress which reverse paths there are and which it is to use.
#pragma once

#include <functional>

#include "engine/pair_channel.h"
#include "engine/policy.h"

namespace srwan {

class PathAnnouncer {
 public:
  PathAnnouncer(EngineContext& context, PairChannel& channel) : context_(context), channel_(channel) {}

  // Sends the next PATHS if something is to be told and none is outstanding, or its repetition if that is due.
  // @param policies all of the session's endpoint · @returns when to call again
  Nanos pursue(IngressSession& session, std::span<Policy* const> policies);
  // @returns true where the answer belongs to what is outstanding and it was taken
  bool onAnswer(IngressSession& session, std::span<Policy* const> policies, const AnswerMessage& answer);
  // Sends at once, whatever is outstanding.
  void announceNow(IngressSession& session, std::span<Policy* const> policies);

 private:
  Policy* nextPolicy(IngressSession& session, std::span<Policy* const> policies) const;
  bool hasNews(IngressSession& session) const;
  void compose(IngressSession& session, Policy& policy);
  void transmit(IngressSession& session);

  EngineContext& context_;
  PairChannel& channel_;
};

}  // namespace srwan
