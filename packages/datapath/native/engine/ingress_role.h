// Sessions that this node opens: from the first handshake message to the last CLOSE.
#pragma once

#include "engine/hop_opener.h"
#include "engine/path_announcer.h"
#include "engine/policy_table.h"
#include "wire/data_plaintext.h"
#include "wire/echo.h"

namespace srwan {

// What the ingress role tells the rest of the headend.
class IngressListener {
 public:
  virtual ~IngressListener() = default;
  // Mark the paths that a session is to hold open.
  virtual void wantPaths(IngressSession& session) = 0;
  // Every policy could move to this replacement without waiting.
  virtual bool replacementReady(IngressSession& session) = 0;
  // The session is the one in use from now on.
  virtual void onSessionInUse(IngressSession& session) = 0;
  // A transit or the egress answered.
  virtual void onPathsChanged(IngressSession& session) = 0;
  // It is about to be forgotten. `failed`: it never opened.
  virtual void onSessionGone(IngressSession& session, bool failed) = 0;
  // The policy whose packets come back over the session in a color; null where it is gone.
  virtual Policy* policyOf(const IngressSession& session, std::uint8_t color) = 0;
  // For lanes beside each other: data went or came under the policy. @returns false where that changes what lanes share
  virtual bool noteData(Lane& lane, Policy& policy, bool alone) = 0;
  virtual void onProbeReply(IngressSession& session, const PathProbeReplyBody& reply) = 0;
  // An echo came over a reverse path. @param grown what the egress has accepted more of than it had said before
  virtual void onEcho(IngressSession& session, std::uint8_t cameOver, std::span<const EchoEntry> grown) = 0;
  // Data went or came within the last minute, or a policy wants the session open.
  virtual bool stillNeeded(const Peer& peer) = 0;
};

class IngressRole {
 public:
  IngressRole(EngineContext& context, PairChannel& channel, SessionTable& sessions, PolicyTable& policies);
  void setListener(IngressListener& listener) { listener_ = &listener; }

  // The session towards a member that is in use or being opened; opens one unless the last one failed a moment ago.
  IngressSession* ensure(Peer& peer);
  // The one in use or being opened.
  IngressSession* current(const Peer& peer) const;
  IngressSession* find(std::uint32_t id) const;
  // Opens a second session that takes over when it is ready.
  void replace(Peer& peer);

  void onResponse(ByteView datagram, const HandshakeView& view);
  // The egress is under load and asks for proof of this node's address.
  void onCookieReply(ByteView datagram, const HandshakeView& view);
  void onAnswer(Peer& from, const AnswerMessage& answer);
  // For lanes beside each other. @param own the lane that keeps the stream · @param alone whether this lane is
  Outcome onPacket(Lane& lane, IngressSession& session, unsigned own, const SegmentPacketView& packet, bool alone);
  // What opened and is not a packet of a program.
  void onContent(IngressSession& session, const OpenedContent& content);
  void onHandshakeTimer(std::uint32_t session);
  void onControlTimer(std::uint32_t session, Nanos at);
  // Sends what is due to transits and egress.
  void pursue(IngressSession& session);
  // The egress is told at once which reverse paths to use, whatever it was being told.
  void announceNow(IngressSession& session);
  // Marks paths afresh, then pursues.
  void refresh(IngressSession& session);
  HopOpener& opener() { return opener_; }

  // For lanes beside each other. @returns whether `send` can take the slot without a change of what lanes share
  bool sendable(const Lane& lane, const IngressSession& session, std::int32_t slot);
  // For lanes beside each other: seals a plaintext behind HEADROOM in `buffer` and sends it.
  // @returns octets sent, 0 where it could not be
  std::size_t send(Lane& lane, IngressSession& session, std::int32_t slot, ByteSpan buffer, std::size_t size);
  // Takes it out of use and tells the egress. Hops are told, and it is forgotten, once the last echo has come or has
  // been waited for; at once where everything is confirmed already.
  void close(IngressSession& session, const char* cause);
  // Without a wait.
  void closeAtOnce(IngressSession& session, const char* cause);
  // Ratchets, wipes keys out of range, replaces or ends what is old.
  void sweep(IngressSession& session);

 private:
  static constexpr std::uint32_t MAX_ATTEMPTS = 5;
  static constexpr Nanos AFTER_FAILURE = 5 * SECOND;
  static constexpr Nanos DRAIN = 5 * SECOND;
  // A replacement takes over at the latest this long after it opened.
  static constexpr Nanos TAKE_OVER = 3 * SECOND;
  static constexpr std::uint32_t MAX_REDRAWS = 8;
  // How long a closed session waits for the egress's last echo.
  static constexpr Nanos LINGER = SECOND;
  // A cookie that is older is not worth trying.
  static constexpr Nanos COOKIE_LIFETIME = 120 * SECOND;

  IngressSession* start(Peer& peer, std::uint32_t redraws);
  void attempt(IngressSession& session);
  // @param relay peer index, or −1 · @returns false where the session has failed and is gone
  bool initiate(IngressSession& session, Peer& peer, std::int32_t relay);
  // The session that an answer of the egress is for; null where it is dropped, which has been counted.
  IngressSession* answered(const HandshakeView& view);
  void opened(IngressSession& session);
  void redraw(IngressSession& session);
  void fail(IngressSession& session, const char* cause);
  void considerTakeOver(IngressSession& session);
  void leaveUse(IngressSession& session, const char* cause);
  void tellTransits(IngressSession& session, std::uint8_t reason);
  void tellEgress(IngressSession& session, std::uint8_t reason);
  // Nothing new takes it.
  void detach(IngressSession& session, bool failed);
  void onEcho(IngressSession& session, const EchoBody& echo, std::uint8_t cameOver);
  void onMismatch(const IngressSession& session, const EchoEntry& entry);
  // @returns whether the session waits for the last echo
  bool linger(IngressSession& session);
  // A closed session: its transits are told and it is forgotten.
  void finish(IngressSession& session);

  EngineContext& context_;
  PairChannel& channel_;
  SessionTable& sessions_;
  PolicyTable& policies_;
  IngressListener* listener_ = nullptr;
  HopOpener opener_;
  PathAnnouncer announcer_;
  // Grows with every initiation under this node's key.
  std::uint64_t handshakeCounter_ = 0;
  // One event a second about echoes that cannot be.
  TokenBucket mismatches_{1, 10};
};

}  // namespace srwan
