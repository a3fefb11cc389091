#include "engine/path_announcer.h"

#include <algorithm>

namespace srwan {
namespace {

std::uint8_t idOf(std::int32_t slot) { return slot == NO_SLOT ? NO_PATH : static_cast<std::uint8_t>(slot); }

// The pair that the egress is to use: what is being moved to, else what is in use.
const SlotPair& wantedPair(const Policy& policy) { return policy.target.complete() ? policy.target : policy.active; }

// The egress does not know it, or not how much it carries.
bool isNews(const IngressPath& slot) {
  return slot.used && slot.wanted && (!slot.acknowledged || slot.announcedMtu != slot.sender.mtu);
}

// The most recent ones.
constexpr std::size_t KEPT_BY_EGRESS = 16;
constexpr Nanos EVICTION_PAUSE = SECOND;

}  // namespace

bool PathAnnouncer::hasNews(IngressSession& session) const {
  for (std::size_t i = 0; i < session.reverse.size(); ++i) {
    const IngressPath& slot = session.reverse[i];
    if (isNews(slot) && session.hopsReady(Direction::reverse, static_cast<std::int32_t>(i))) return true;
  }
  return false;
}

Policy* PathAnnouncer::nextPolicy(IngressSession& session, std::span<Policy* const> policies) const {
  Policy* any = nullptr;
  for (Policy* policy : policies) {
    if (policy->session != session.id) continue;
    // Without a pair in use there may still be news about the last one.
    if (!wantedPair(*policy).complete()) {
      if (policy->announced) any = policy;
      continue;
    }
    const bool current = policy->announced && policy->announcedActive == idOf(wantedPair(*policy).reverse) &&
                         policy->announcedStandby == idOf(policy->standby.reverse);
    if (!current) return policy;
    any = policy;
  }
  return any != nullptr && hasNews(session) ? any : nullptr;
}

Nanos PathAnnouncer::pursue(IngressSession& session, std::span<Policy* const> policies) {
  if (session.state != SessionState::open) return NEVER;
  Repetition& repetition = session.pathsRepetition;
  if (repetition.outstanding) {
    if (context_.now >= repetition.next && repetition.advance(context_.now)) transmit(session);
    return repetition.next;
  }
  if (repetition.next != NEVER && context_.now < repetition.next) return repetition.next;
  repetition.next = NEVER;
  Policy* policy = nextPolicy(session, policies);
  if (policy == nullptr) return NEVER;
  compose(session, *policy);
  return repetition.next;
}

void PathAnnouncer::announceNow(IngressSession& session, std::span<Policy* const> policies) {
  session.pathsRepetition = {};
  pursue(session, policies);
}

void PathAnnouncer::compose(IngressSession& session, Policy& policy) {
  session.pathsPolicy = policy.index;
  const bool none = !wantedPair(policy).complete();
  session.pathsActive = none ? policy.announcedActive : idOf(wantedPair(policy).reverse);
  session.pathsStandby = none ? policy.announcedStandby : idOf(policy.standby.reverse);
  session.pathsInFlight.clear();
  ++session.pathsSequence;
  const auto include = [&](std::uint8_t id) {
    if (id == NO_PATH || session.pathsInFlight.size() >= MAX_PATHS_PER_MESSAGE) return;
    if (std::find(session.pathsInFlight.begin(), session.pathsInFlight.end(), id) == session.pathsInFlight.end())
      session.pathsInFlight.push_back(id);
  };
  include(session.pathsActive);
  include(session.pathsStandby);
  for (std::size_t i = 0; i < session.reverse.size(); ++i) {
    const IngressPath& slot = session.reverse[i];
    if (isNews(slot) && session.hopsReady(Direction::reverse, static_cast<std::int32_t>(i)))
      include(static_cast<std::uint8_t>(i));
  }
  for (const std::uint8_t id : session.pathsInFlight) {
    session.reverse[id].announced = session.pathsSequence;
    session.reverse[id].announcedMtu = session.reverse[id].sender.mtu;
  }
  session.pathsRepetition.begin(context_.now);
  transmit(session);
}

void PathAnnouncer::transmit(IngressSession& session) {
  Peer* egress = context_.peers.at(session.egressPeer);
  if (egress == nullptr) return;
  PathsMessage message;
  message.active = session.pathsActive;
  message.standby = session.pathsStandby;
  message.session = session.id;
  message.sequence = session.pathsSequence;
  message.count = static_cast<std::uint8_t>(session.pathsInFlight.size());
  for (std::size_t i = 0; i < session.pathsInFlight.size(); ++i) {
    const IngressPath& slot = session.reverse[session.pathsInFlight[i]];
    ReversePath& path = message.paths[i];
    path.pathId = slot.sender.id;
    path.color = slot.sender.color;
    path.mtu = slot.announcedMtu;
    path.segmentCount = slot.sender.path.count;
    path.segments = slot.sender.path.segments;
    for (std::size_t hop = 0; hop < slot.sender.path.transits(); ++hop)
      path.hopRoots[hop] = slot.sender.roots[hop].clone();
  }
  std::array<std::uint8_t, MAX_PATHS_OCTETS> octets;
  const std::size_t size = encodePaths(message, octets);
  if (size > 0)
    channel_.send(*egress, PacketKind::sessionControl, ByteView(octets).first(size),
                  channel_.requestVia(*egress, session.pathsRepetition));
  wipe(octets);
}

bool PathAnnouncer::onAnswer(IngressSession& session, std::span<Policy* const> policies, const AnswerMessage& answer) {
  Repetition& repetition = session.pathsRepetition;
  if (answer.sequence != session.pathsSequence || session.pathsInFlight.empty()) return false;
  if (answer.code != AnswerCode::ok) {
    repetition.pause(context_.now);
    return false;
  }
  repetition = {};
  for (const std::uint8_t id : session.pathsInFlight) {
    if (session.reverse[id].announced == session.pathsSequence) session.reverse[id].acknowledged = true;
  }
  session.pathsInFlight.clear();
  // The egress has forgotten all but the most recent ones.
  std::vector<IngressPath*> known;
  for (IngressPath& slot : session.reverse) {
    if (slot.used && slot.acknowledged) known.push_back(&slot);
  }
  std::sort(known.begin(), known.end(),
            [](const IngressPath* a, const IngressPath* b) { return a->announced > b->announced; });
  for (std::size_t i = KEPT_BY_EGRESS; i < known.size(); ++i) {
    known[i]->acknowledged = false;
    // More are wanted than it can hold: it is not told again at every answer.
    if (known[i]->wanted) repetition.next = context_.now + EVICTION_PAUSE;
  }
  for (Policy* policy : policies) {
    if (policy->index != session.pathsPolicy || policy->session != session.id) continue;
    policy->announced = true;
    policy->announcedActive = session.pathsActive;
    policy->announcedStandby = session.pathsStandby;
  }
  return true;
}

}  // namespace srwan
