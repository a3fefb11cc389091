#include "engine/path_tally.h"

#include <algorithm>

namespace srwan {

void PathTally::begin() {
  for (auto& [name, entry] : entries_) entry.live = 0;
}

void PathTally::addLive(const PathUse& use) {
  if (Entry* entry = entryOf(use)) entry->live += use.octets;
}

void PathTally::addPast(const PathUse& use) {
  if (Entry* entry = entryOf(use)) entry->past += use.octets;
}

void PathTally::settle(Nanos now) {
  for (auto& [name, entry] : entries_) {
    const std::uint64_t octets = entry.past + entry.live;
    if (octets == entry.octets) continue;
    lists_[entry.list].octets += octets - entry.octets;
    entry.octets = octets;
    entry.changed = now;
  }
  forget(now);
}

void PathTally::forget(Nanos now) {
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    return entry.live == 0 && entry.repeats == 0 && now - entry.changed > KEPT;
  });
  for (auto at = entries_.begin(); at != entries_.end() && entries_.size() > MAX_ENTRIES / 2;)
    at = at->second.live == 0 ? entries_.erase(at) : std::next(at);
}

PathTally::Claim PathTally::confirm(const PathEpoch& name, std::uint64_t octets, Nanos now) {
  const auto at = entries_.find(name);
  if (at == entries_.end()) return Claim::known;
  Entry& entry = at->second;
  const std::uint64_t taken = std::min(octets, entry.octets);
  if (taken > entry.confirmed) {
    lists_[entry.list].confirmed += taken - entry.confirmed;
    entry.confirmed = taken;
    entry.changed = now;
    if (octets <= entry.octets) return Claim::grew;
  }
  return octets > entry.octets ? Claim::tooMuch : Claim::known;
}

bool PathTally::unconfirmed() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const auto& item) { return item.second.confirmed < item.second.octets; });
}

PathTally::Entry* PathTally::entryOf(const PathUse& use) {
  const auto at = entries_.find(use.name);
  if (at != entries_.end()) return &at->second;
  const std::size_t list = entries_.size() < MAX_ENTRIES ? listOf(use.path) : MAX_LISTS;
  if (list == MAX_LISTS) return nullptr;
  Entry& entry = entries_[use.name];
  entry.list = list;
  return &entry;
}

std::size_t PathTally::listOf(const SegmentPath& path) {
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if (lists_[i].path == path) return i;
  }
  if (lists_.size() == MAX_LISTS) return MAX_LISTS;
  lists_.push_back({path, 0, 0});
  return lists_.size() - 1;
}

}  // namespace srwan
