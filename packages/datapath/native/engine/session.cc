#include "engine/session.h"

namespace srwan {
namespace {

constexpr unsigned FIRST_BITS = 8;

}  // namespace

SessionSnapshot Session::snapshot(Nanos now) {
  SessionSnapshot snapshot;
  snapshot.instance = instance;
  snapshot.session = id;
  snapshot.ingress = ingress;
  snapshot.egress = egress;
  snapshot.role = role;
  snapshot.state = state;
  snapshot.suite = suite;
  snapshot.ageSeconds = static_cast<double>(now - opened) / static_cast<double>(SECOND);
  snapshot.forwardOctets = octets(Direction::forward);
  snapshot.reverseOctets = octets(Direction::reverse);
  return snapshot;
}

SessionTable::SessionTable() : slots_(std::size_t{1} << FIRST_BITS), shift_(64 - FIRST_BITS) {}

Session* SessionTable::find(std::uint32_t id) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = bucketOf(id); slots_[at]; at = (at + 1) & mask) {
    if (slots_[at]->id == id) return slots_[at].get();
  }
  return nullptr;
}

Session& SessionTable::add(std::unique_ptr<Session> session) {
  if ((count_ + 1) * 2 > slots_.size()) grow();
  session->instance = ++instances_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = bucketOf(session->id);
  while (slots_[at]) at = (at + 1) & mask;
  slots_[at] = std::move(session);
  ++count_;
  return *slots_[at];
}

void SessionTable::remove(std::uint32_t id) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = bucketOf(id);
  while (slots_[hole] && slots_[hole]->id != id) hole = (hole + 1) & mask;
  if (!slots_[hole]) return;
  slots_[hole].reset();
  --count_;
  // Closes the gap, so that no run of the others is cut.
  for (std::size_t at = (hole + 1) & mask; slots_[at]; at = (at + 1) & mask) {
    const std::size_t home = bucketOf(slots_[at]->id);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = std::move(slots_[at]);
    hole = at;
  }
}

void SessionTable::grow() {
  std::vector<std::unique_ptr<Session>> old(slots_.size() * 2);
  old.swap(slots_);
  --shift_;
  const std::size_t mask = slots_.size() - 1;
  for (auto& session : old) {
    if (!session) continue;
    std::size_t at = bucketOf(session->id);
    while (slots_[at]) at = (at + 1) & mask;
    slots_[at] = std::move(session);
  }
}

}  // namespace srwan
