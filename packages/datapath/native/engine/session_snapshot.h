// What JavaScript sees of a session, alive or ended.
#pragma once

#include <optional>

#include "engine/mtu_search.h"
#include "engine/segment_path.h"
#include "wire/aead_suite.h"

namespace srwan {

enum class SessionRole : std::uint8_t { ingress, transit, egress };
enum class SessionState : std::uint8_t { opening, open, closing };

// Octets over one segment list of a session; absent where this end cannot know.
struct PathSnapshot {
  Direction direction = Direction::forward;
  SidList segments;
  std::optional<std::uint64_t> sent;
  // By the egress's echoes.
  std::optional<std::uint64_t> confirmed;
  std::optional<std::uint64_t> received;
};

struct SessionSnapshot {
  // Of the session in this engine; never given twice, while a session's id may come again.
  std::uint64_t instance = 0;
  std::uint32_t session = 0;
  Sid ingress = NO_SID;
  Sid egress = NO_SID;
  SessionRole role = SessionRole::ingress;
  SessionState state = SessionState::opening;
  std::optional<AeadSuite> suite;
  double ageSeconds = 0;
  std::uint64_t forwardOctets = 0;
  std::uint64_t reverseOctets = 0;
  std::vector<PathSnapshot> paths;
  std::vector<Sid> activeForward;
  std::vector<Sid> activeReverse;
  // Ingress only: of the pair in use.
  std::optional<MtuSnapshot> mtu;
};

}  // namespace srwan
