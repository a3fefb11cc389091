// What the egress tells the ingress: octets that arrived, by path id and key epoch.
#include <algorithm>

#include "engine/egress_role.h"
#include "wire/echo.h"

namespace srwan {
namespace {

// The one that says something new, and three more.
constexpr unsigned TIMES_TOLD = 4;

using EntryItem = std::pair<const PathEpoch, PathTally::Entry>;

// Entries to be told, those told least first; for the last echo all, the latest epochs first.
std::vector<EntryItem*> entriesToTell(PathTally& tally, bool final) {
  std::vector<EntryItem*> items;
  for (EntryItem& item : tally.entries()) {
    if (final || item.second.repeats > 0) items.push_back(&item);
  }
  std::stable_sort(items.begin(), items.end(), [](const EntryItem* a, const EntryItem* b) {
    return std::pair(a->second.repeats, a->first) > std::pair(b->second.repeats, b->first);
  });
  if (items.size() > MAX_ECHO_ENTRIES) items.resize(MAX_ECHO_ENTRIES);
  std::sort(items.begin(), items.end(), [](const EntryItem* a, const EntryItem* b) { return a->first < b->first; });
  return items;
}

}  // namespace

void EgressRole::armEcho(EgressSession& session, Nanos after) {
  session.echoArmed = true;
  session.echo.arm(context_.timers, context_.now + after, TimerKind::echo, session.id);
}

void EgressRole::onEchoTimer(std::uint32_t id, Nanos at) {
  Session* known = sessions_.find(id);
  if (known == nullptr || known->role != SessionRole::egress) return;
  auto& session = static_cast<EgressSession&>(*known);
  if (!session.echo.fired(at)) return;
  session.echoArmed = false;
  session.gather(context_.now);
  bool news = false;
  bool open = false;
  for (auto& [name, entry] : session.received.entries()) {
    if (entry.octets != entry.told) {
      entry.told = entry.octets;
      entry.repeats = TIMES_TOLD;
      news = true;
    }
    open = open || entry.repeats > 0;
  }
  if (!open) return;
  sendEcho(session, false);
  armEcho(session, news ? ECHO_INTERVAL : ECHO_REPETITION);
}

void EgressRole::sendEcho(EgressSession& session, bool final) {
  Lane& lane = *context_.lane;
  SenderPath* path = wayBack(lane, session, true);
  // Entries wait: what they hold is told once there is a way.
  if (path == nullptr) return;
  const auto items = entriesToTell(session.received, final);
  EchoBody body;
  body.final = final;
  body.sequence = ++session.echoSequence;
  body.count = items.size();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& [name, entry] = *items[i];
    body.entries[i] = {name.epoch, name.id, entry.octets};
  }
  const std::size_t size = encodeEcho(body, ByteSpan(reply_).subspan(HEADROOM));
  const Peer* next = context_.peers.find(path->path.first());
  if (size == 0 || next == nullptr) return;
  const ByteSpan datagram = datagramAround(*path, reply_, size);
  if (!sendFromEnd(lane, session, *path, *next, datagram)) return;
  for (EntryItem* item : items) {
    if (item->second.repeats > 0) --item->second.repeats;
  }
  lane.counters.add(Counter::echoTxOctets, datagram.size());
  lane.counters.add(Counter::echoTxPackets);
}

void EgressRole::finish(EgressSession& session) {
  session.gather(context_.now);
  if (session.keyed()) sendEcho(session, true);
}

}  // namespace srwan
