// What every role of a session has, and the sessions by id.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/basic_types.h"
#include "engine/session_snapshot.h"
#include "wire/aead_suite.h"

namespace srwan {

inline constexpr std::size_t MAX_SESSIONS = 65'536;
inline constexpr std::uint32_t MAX_SESSIONS_PER_INGRESS = 256;

// Durations that a session may be opened with: shorter ones would let a member make others ratchet without end.
inline constexpr Nanos MIN_REKEY_INTERVAL = 100 * MILLISECOND;
inline constexpr Nanos MIN_SESSION_LIFETIME = SECOND;
inline constexpr Nanos MAX_SESSION_DURATION = 24 * 3600 * SECOND;

struct Session {
  Session(SessionRole role, std::uint32_t id, std::size_t lanes) : role(role), id(id), octets_(lanes) {}
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const SessionRole role;
  const std::uint32_t id;
  // Given by the table; never twice.
  std::uint64_t instance = 0;
  SessionState state = SessionState::opening;
  Sid ingress = NO_SID;
  Sid egress = NO_SID;
  // Peer index of the ingress; −1 where that is this node.
  std::int32_t ingressPeer = -1;
  // Peer index of the egress, ingress only.
  std::int32_t egressPeer = -1;
  // What its data is sealed with; the ends know it once the handshake is done, transits never.
  std::optional<AeadSuite> suite;
  // When the session began, as this node's clock has it.
  Nanos opened = 0;
  // Nothing of it lives longer.
  Nanos expires = NEVER;

  // With its counts up to now. For the one that is alone.
  virtual SessionSnapshot snapshot(Nanos now);

  // Billed octets: UDP payload of accepted segment packets.
  void account(unsigned lane, Direction direction, std::size_t octets) {
    octets_[lane].byDirection[static_cast<std::size_t>(direction)] += octets;
  }
  // Of all lanes; for the one that is alone.
  std::uint64_t octets(Direction direction) const {
    std::uint64_t sum = 0;
    for (const Octets& lane : octets_) sum += lane.byDirection[static_cast<std::size_t>(direction)];
    return sum;
  }

 private:
  struct alignas(64) Octets {
    std::array<std::uint64_t, 2> byDirection{};
  };
  std::vector<Octets> octets_;
};

class SessionTable {
 public:
  SessionTable();

  Session* find(std::uint32_t id) const;
  bool full() const { return count_ >= MAX_SESSIONS; }
  std::size_t size() const { return count_; }
  // @param session whose id is not in the table
  Session& add(std::unique_ptr<Session> session);
  void remove(std::uint32_t id);

  // The visitor must not add or remove.
  template <class Visitor>
  void forEach(Visitor visit) const {
    for (const auto& slot : slots_) {
      if (slot) visit(*slot);
    }
  }

  // Ids for which `wanted` holds: to remove them afterwards.
  template <class Predicate>
  std::vector<std::uint32_t> idsWhere(Predicate wanted) const {
    std::vector<std::uint32_t> ids;
    forEach([&](Session& session) {
      if (wanted(session)) ids.push_back(session.id);
    });
    return ids;
  }

 private:
  std::size_t bucketOf(std::uint32_t id) const {
    return static_cast<std::size_t>((id * 0x9e3779b97f4a7c15ULL) >> shift_);
  }
  void grow();

  std::vector<std::unique_ptr<Session>> slots_;
  unsigned shift_;
  std::size_t count_ = 0;
  std::uint64_t instances_ = 0;
};

}  // namespace srwan
