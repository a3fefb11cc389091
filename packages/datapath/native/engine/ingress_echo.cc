// What the ingress takes of the egress's echoes.
#include "engine/ingress_role.h"

namespace srwan {

void IngressRole::onEcho(IngressSession& session, const EchoBody& echo, std::uint8_t cameOver) {
  session.gather(context_.now);
  std::vector<EchoEntry> grown;
  for (const EchoEntry& entry : echo.view()) {
    const auto claim = session.sent.confirm({entry.epoch, entry.pathId}, entry.octets, context_.now);
    if (claim == PathTally::Claim::grew) grown.push_back(entry);
    if (claim == PathTally::Claim::tooMuch) onMismatch(session, entry);
  }
  session.finalEcho = session.finalEcho || echo.final;
  listener_->onEcho(session, cameOver, grown);
  if (session.lingering() && session.finalEcho) finish(session);
}

void IngressRole::onMismatch(const IngressSession& session, const EchoEntry& entry) {
  context_.lane->counters.add(Counter::echoMismatches);
  if (!mismatches_.take(context_.now)) return;
  const auto& entries = session.sent.entries();
  const auto known = entries.find({entry.epoch, entry.pathId});
  context_.lane->output.event(EchoMismatchEvent{session.egress, session.id, entry.pathId, entry.epoch,
                                                known == entries.end() ? 0 : known->second.octets, entry.octets});
}

bool IngressRole::linger(IngressSession& session) {
  session.gather(context_.now);
  if (!session.keyed() || session.finalEcho || context_.peers.at(session.egressPeer) == nullptr ||
      !session.sent.unconfirmed())
    return false;
  session.lingerUntil = context_.now + LINGER;
  session.control.arm(context_.timers, session.lingerUntil, TimerKind::control, session.id);
  return true;
}

}  // namespace srwan
