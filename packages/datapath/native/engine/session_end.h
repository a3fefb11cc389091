// The one way out of the table of sessions: the last counts are kept until JavaScript has them.
#pragma once

#include "engine/engine_context.h"
#include "engine/session.h"

namespace srwan {

inline void endSession(EngineContext& context, SessionTable& sessions, Session& session) {
  SessionSnapshot last = session.snapshot(context.now);
  sessions.remove(session.id);
  if (last.forwardOctets + last.reverseOctets == 0) return;
  if (!context.ended.add(last)) context.drop(Counter::dropLimit);
  context.lane->output.event(SessionEndedEvent{std::move(last)});
}

}  // namespace srwan
