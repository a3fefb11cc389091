#include "engine/hop_opener.h"

#include <algorithm>

namespace srwan {
namespace {

std::uint32_t milliseconds(Nanos duration) {
  return static_cast<std::uint32_t>(std::clamp<Nanos>(duration / MILLISECOND, 0, UINT32_MAX));
}

}  // namespace

Nanos HopOpener::pursue(IngressSession& session) {
  Nanos next = NEVER;
  for (SessionHop& hop : session.hops) {
    if (context_.peers.at(hop.peer) == nullptr) continue;
    bool missing = false;
    bool unasked = false;
    for (std::size_t direction = 0; direction < 2; ++direction) {
      missing = missing || (hop.wanted[direction] && !hop.answered[direction]);
      unasked = unasked || (hop.wanted[direction] && !hop.asked[direction]);
    }
    Repetition& repetition = hop.repetition;
    if (repetition.outstanding && !unasked) {
      if (context_.now >= repetition.next && repetition.advance(context_.now)) ask(session, hop);
    } else if (unasked || (missing && (context_.now >= repetition.next || repetition.next == NEVER))) {
      for (std::size_t direction = 0; direction < 2; ++direction)
        hop.asked[direction] = hop.asked[direction] || hop.wanted[direction];
      ++hop.sequence;
      repetition.begin(context_.now);
      ask(session, hop);
    }
    if (missing || repetition.outstanding) next = std::min(next, repetition.next);
  }
  return next;
}

void HopOpener::ask(IngressSession& session, SessionHop& hop) {
  Peer* peer = context_.peers.at(hop.peer);
  OpenMessage message;
  message.forward = hop.asked[0];
  message.reverse = hop.asked[1];
  message.session = session.id;
  message.egress = session.egress;
  message.rekeyIntervalMs = milliseconds(session.rekeyInterval);
  message.elapsedMs = milliseconds(context_.now - session.opened);
  message.remainingMs = milliseconds(session.opened + 2 * context_.init.sessionLifetime - context_.now);
  message.sequence = hop.sequence;
  std::array<std::uint8_t, OPEN_OCTETS> octets;
  if (encodeOpen(message, octets) != octets.size()) return;
  channel_.send(*peer, PacketKind::sessionControl, octets, channel_.requestVia(*peer, hop.repetition));
}

HopOpener::Outcome HopOpener::onAnswer(IngressSession& session, const Peer& from, const AnswerMessage& answer) {
  for (SessionHop& hop : session.hops) {
    if (hop.peer != from.index) continue;
    if (!hop.repetition.outstanding || answer.sequence != hop.sequence) return Outcome::ignored;
    hop.repetition.outstanding = false;
    if (answer.code == AnswerCode::ok) {
      hop.answered = hop.asked;
      hop.repetition.next = NEVER;
      return Outcome::opened;
    }
    hop.answered = {};
    hop.repetition.pause(context_.now);
    return answer.code == AnswerCode::sessionTaken ? Outcome::sessionTaken : Outcome::refused;
  }
  return Outcome::ignored;
}

void HopOpener::askAgain(IngressSession& session, const IngressPath& path) {
  for (std::size_t i = 0; i < path.sender.path.transits(); ++i) {
    SessionHop& hop = session.hops[path.hops[i]];
    if (!hop.repetition.outstanding) hop.asked = {};
  }
}

void HopOpener::restart(IngressSession& session) {
  for (SessionHop& hop : session.hops) {
    hop.answered = {};
    hop.asked = {};
    hop.repetition = {};
  }
}

}  // namespace srwan
