// The far end of members' sessions: answers handshakes, delivers what opens, sends back over the reverse paths that the
// ingress gave it.
#pragma once

#include "engine/alarm.h"
#include "engine/cookie_guard.h"
#include "engine/echo_schedule.h"
#include "engine/end_session.h"
#include "engine/inner_packet_filter.h"
#include "engine/pair_channel.h"
#include "engine/transit_role.h"
#include "wire/data_plaintext.h"

namespace srwan {

struct EgressSession : EndSession {
  static constexpr std::size_t MAX_REVERSE_PATHS = 16;
  // End-to-end probes that are reflected: bursts on two paths of each color, and comparisons of eight.
  static constexpr std::int64_t REFLECTION_RATE = 1000;
  static constexpr std::int64_t REFLECTION_BURST = 1000;

  EgressSession(std::uint32_t id, std::size_t lanes, const NoiseTransport& keys, const HopRoot& hopRoot, Nanos opened,
                Nanos rekeyInterval, AeadSuite agreed)
      : EndSession(SessionRole::egress, id, lanes, opened, rekeyInterval, hopRoot) {
    suite = agreed;
    startKeys(Direction::reverse, keys.reverse, keys.forward, opened, rekeyInterval);
  }

  SenderPath* path(std::uint8_t id);
  // Path that a packet of the color takes; null where none was announced.
  SenderPath* activePath(std::uint8_t color);
  // Largest inner packet that goes back now and after a failover; 0 where no path carries the base.
  std::size_t mtu();
  // As above, of one path and its standby.
  std::size_t mtuOf(const SenderPath& path);

  // Oldest announcement first.
  std::vector<std::unique_ptr<SenderPath>> paths;
  // Path ids by color; NO_PATH = none.
  std::array<std::uint8_t, MAX_COLOR + 1> active = noPaths();
  std::array<std::uint8_t, MAX_COLOR + 1> standby = noPaths();
  std::uint32_t pathsSequence = 0;
  TokenBucket reflections{REFLECTION_RATE, REFLECTION_BURST};
  bool pathsAny = false;
  // Newest probe request that chose a reverse path; an older one that comes later is not followed.
  std::optional<std::uint32_t> activatedBy;
  // A forward packet has opened: the ingress has the keys.
  bool confirmed = false;
  // Of the last packet that any lane opened.
  std::atomic<std::uint8_t> lastColor = MIN_COLOR;

  Alarm echo;
  // What arrives now is going to be echoed; read by lanes beside each other.
  bool echoArmed = false;
  std::uint32_t echoSequence = 0;

  static constexpr std::array<std::uint8_t, MAX_COLOR + 1> noPaths() {
    std::array<std::uint8_t, MAX_COLOR + 1> none{};
    none.fill(NO_PATH);
    return none;
  }

 private:
  void forEachSender(const std::function<void(SenderPath&)>& visit) override {
    for (const auto& entry : paths) visit(*entry);
  }
};

class EgressRole {
 public:
  EgressRole(EngineContext& context, PairChannel& channel, SessionTable& sessions)
      : context_(context), channel_(channel), sessions_(sessions), guard_(context) {}

  // @param datagram a whole handshake packet that `parseHandshake` took · @param from null where it came through a
  // relay
  void onInitiation(ByteView datagram, const HandshakeView& view, Via answer, const UnderlayEndpoint* from);
  void onPaths(Peer& ingress, PathsMessage& message);
  // For lanes beside each other. @param own the lane that keeps the stream · @param alone whether this lane is
  Outcome onPacket(Lane& lane, EgressSession& session, unsigned own, const SegmentPacketView& packet, bool alone);
  // What opened and is not a packet of a program.
  void onContent(EgressSession& session, const OpenedContent& content);
  // For lanes beside each other. @returns the path back to the ingress that can be taken now; null where none is known
  SenderPath* wayBack(const Lane& lane, EgressSession& session, bool alone);
  void sweep(EgressSession& session);
  void onEchoTimer(std::uint32_t session, Nanos at);
  // The last echo, before it is removed.
  void finish(EgressSession& session);
  // Forgets it and who it answers for.
  void remove(EgressSession& session);

 private:
  // Handshakes cost two Diffie–Hellman each; more than this a second are dropped before.
  static constexpr std::int64_t HANDSHAKE_RATE = 200;
  static constexpr std::int64_t HANDSHAKE_BURST = 400;
  // Replies that are larger than what asked for them.
  static constexpr std::int64_t LARGE_REPLY_RATE = 400;
  static constexpr std::int64_t LARGE_REPLY_BURST = 200;
  // Those that came through a relay, apart: a bad relay starves nobody who is reached directly.
  static constexpr std::int64_t RELAYED_HANDSHAKE_RATE = 50;
  static constexpr std::int64_t RELAYED_HANDSHAKE_BURST = 100;

  struct Initiation {
    Peer& peer;
    std::uint32_t session;
    InitiationPayload payload;
  };

  Peer* authorised(ByteView datagram, const HandshakeView& view, const UnderlayEndpoint* from);
  ResponseCode admit(const Initiation& initiation);
  void respond(NoiseIkResponder& responder, const Initiation& initiation, Via answer);
  void create(NoiseTransport keys, const Initiation& initiation, AeadSuite suite);
  AnswerCode takePaths(Peer& ingress, PathsMessage& message);
  void takePath(EgressSession& session, PairSecrets& secrets, ReversePath& announced);
  // Our packets to its ingress should take this session: it is the one to stay.
  bool adoptable(const Peer& peer, const EgressSession& session) const;
  void reflect(EgressSession& session, const PathProbeRequestBody& request, std::size_t size);

  void armEcho(EgressSession& session, Nanos after);
  void sendEcho(EgressSession& session, bool final);

  EngineContext& context_;
  PairChannel& channel_;
  SessionTable& sessions_;
  CookieGuard guard_;
  TokenBucket handshakes_{HANDSHAKE_RATE, HANDSHAKE_BURST};
  TokenBucket largeReplies_{LARGE_REPLY_RATE, LARGE_REPLY_BURST};
  TokenBucket relayedHandshakes_{RELAYED_HANDSHAKE_RATE, RELAYED_HANDSHAKE_BURST};
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> reply_{};
};

}  // namespace srwan
