// OPEN to every transit of a session, repeated until it answers.
#pragma once

#include "engine/ingress_session.h"
#include "engine/pair_channel.h"

namespace srwan {

class HopOpener {
 public:
  enum class Outcome : std::uint8_t { ignored, opened, sessionTaken, refused };

  HopOpener(EngineContext& context, PairChannel& channel) : context_(context), channel_(channel) {}

  // Sends what is due: first messages, repetitions, new directions. @returns when to call again
  Nanos pursue(IngressSession& session);
  Outcome onAnswer(IngressSession& session, const Peer& from, const AnswerMessage& answer);
  // Asks again although a hop has answered (it may have lost the session); paths over it stay in use meanwhile.
  void askAgain(IngressSession& session, const IngressPath& path);
  // Nothing answered so far counts: the session's age changed before it opened.
  void restart(IngressSession& session);

 private:
  void ask(IngressSession& session, SessionHop& hop);

  EngineContext& context_;
  PairChannel& channel_;
};

}  // namespace srwan
