// Path ids of a session: which segment list each stands for, drawn so that none is reused for another list within an
// epoch.
#pragma once

#include "engine/ingress_session.h"
#include "engine/pair_channel.h"

namespace srwan {

inline constexpr std::int32_t NO_SLOT = -1;

class SessionPaths {
 public:
  SessionPaths(EngineContext& context, PairChannel& channel) : context_(context), channel_(channel) {}

  // Finds or draws the slot of a list and marks it as wanted.
  // @returns NO_SLOT where no id is free in this epoch or a segment is no peer
  std::int32_t want(IngressSession& session, Direction direction, const SegmentPath& path, std::uint8_t color);
  // Nothing is wanted any more, until `want` is called again.
  void unwantAll(IngressSession& session);
  // Makes `hops[].wanted` follow the wanted paths.
  void settleHops(IngressSession& session);
  // All its segments are still members.
  bool intact(const IngressPath& path);
  // A member is gone or has another key: no path over it may be used until it is opened again.
  void forgetHop(IngressSession& session, std::int32_t peer);

 private:
  std::int32_t freeSlot(IngressSession& session, Direction direction) const;
  bool bind(IngressSession& session, Direction direction, IngressPath& slot);
  std::optional<std::size_t> hopOf(IngressSession& session, Sid sid);

  EngineContext& context_;
  PairChannel& channel_;
};

}  // namespace srwan
