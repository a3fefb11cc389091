// A session that this node opened and pays for: its keys, the transits it is opened with, and its paths in both
// directions.
#pragma once

#include "engine/alarm.h"
#include "engine/end_session.h"
#include "engine/path_mtu.h"
#include "engine/repetition.h"
#include "engine/token_bucket.h"
#include "wire/handshake_cookie.h"
#include "wire/noise_ik.h"
#include "wire/session_control.h"

namespace srwan {

// A transit that carries some path of the session.
struct SessionHop {
  std::int32_t peer = -1;
  HopRoot forward;
  HopRoot reverse;
  // By direction.
  std::array<bool, 2> wanted{};
  std::array<bool, 2> answered{};
  std::array<bool, 2> asked{};
  std::uint32_t sequence = 0;
  Repetition repetition;
};

struct IngressPath {
  bool used = false;
  // In the config, in use, or being probed.
  bool wanted = false;
  // Last epoch in which the id was given out; packets may have carried it in later ones.
  std::uint32_t lastWanted = 0;
  std::uint32_t lastEpoch() const { return std::max(lastWanted, sender.lastEpoch()); }
  SenderPath sender;
  // Indexes into `hops`.
  std::array<std::size_t, MAX_SEGMENTS - 1> hops{};
  // Reverse only: the egress has it.
  bool acknowledged = false;
  // Reverse only: sequence of the PATHS that announced it last, and with which size.
  std::uint32_t announced = 0;
  std::uint16_t announcedMtu = BASE_MTU;
  // `sender.mtu` follows it.
  PathMtu mtu;
};

struct IngressSession : EndSession {
  // Path ids of a direction in an epoch: so many that each hop has windows for all of them, over two queues.
  static constexpr std::size_t PATHS = HopReceiver::MAX_STREAMS / 2;
  static constexpr std::int64_t ANSWER_RATE = 20;
  static constexpr std::int64_t ANSWER_BURST = 10;

  IngressSession(std::uint32_t id, std::size_t lanes, const HopRoot& reverseRoot, HopRoot egressRoot, Nanos now,
                 Nanos rekeyInterval)
      : EndSession(SessionRole::ingress, id, lanes, now, rekeyInterval, reverseRoot),
        rekeyInterval(rekeyInterval),
        egressRoot(std::move(egressRoot)) {
    opened = now;
  }

  std::array<IngressPath, PATHS>& pathsOf(Direction direction) {
    return direction == Direction::forward ? forward : reverse;
  }
  // All transits of the path have answered OPEN.
  bool hopsReady(Direction direction, std::int32_t slot);

  const Nanos rekeyInterval;
  std::optional<NoiseIkInitiator> attempt;
  std::uint32_t attempts = 0;
  // Initiations sent: one an attempt, and one more where it was answered by a cookie.
  std::uint32_t initiations = 0;
  // mac1 of the last one, to which a cookie reply is bound; each is answered by one cookie at most.
  Cookie mac1{};
  bool awaitsCookie = false;
  bool cookieRetried = false;
  // Forged answers cost two Diffie–Hellman each.
  TokenBucket answersIn{ANSWER_RATE, ANSWER_BURST};
  Nanos nextAttempt = NEVER;
  // When the egress answered.
  Nanos openSince = 0;

  // The egress as the last hop of the forward direction.
  HopRoot egressRoot;

  std::vector<SessionHop> hops;
  std::array<IngressPath, PATHS> forward;
  std::array<IngressPath, PATHS> reverse;

  // Some list found no free path id in this epoch.
  bool exhausted = false;

  // PATHS to the egress: one at a time.
  std::uint32_t pathsSequence = 0;
  Repetition pathsRepetition;
  std::int32_t pathsPolicy = -1;
  std::uint8_t pathsActive = NO_PATH;
  std::uint8_t pathsStandby = NO_PATH;
  std::vector<std::uint8_t> pathsInFlight;

  Alarm control;
  // Session ids drawn before this one that some hop refused.
  std::uint32_t redraws = 0;
  // While draining: when it is closed.
  Nanos drainUntil = NEVER;

  // Closed, but the last echo has not come: when it is forgotten.
  Nanos lingerUntil = NEVER;
  bool lingering() const { return lingerUntil != NEVER; }
  bool finalEcho = false;
  std::uint8_t closeReason = 0;

 private:
  void forEachSender(const std::function<void(SenderPath&)>& visit) override {
    for (IngressPath& slot : forward) visit(slot.sender);
  }
};

}  // namespace srwan
