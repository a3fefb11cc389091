// One STAMP-like request and response per pair and pulse interval: who starts, what rides on it, what came back.
#pragma once

#include <unordered_map>

#include "engine/pair_channel.h"
#include "wire/probe_body.h"

namespace srwan {

class ProbeExchange {
 public:
  ProbeExchange(EngineContext& context, PairChannel& channel) : context_(context), channel_(channel) {}

  // A member appeared or changed its key.
  void begin(Peer& peer);
  void onTimer(Peer& peer);
  void onProbe(const PairChannel::Received& received);
  // Rides on every probe from now on. @param part at most MAX_COLUMN_PART_OCTETS @param columnSeen number of the last
  // full column held, by member
  void setColumnPart(ByteView part, std::span<const std::pair<Sid, std::uint16_t>> columnSeen);

 private:
  static constexpr Nanos MAX_FIRST_WAIT = SECOND;
  static constexpr Nanos MAX_REPLY_WAIT = 3 * SECOND;
  // A member that never answered is asked again soon a few times: it may just be starting.
  static constexpr std::uint32_t EAGER_TRIES = 5;

  Nanos replyWait() const { return std::min(context_.init.probeInterval, MAX_REPLY_WAIT); }
  void schedule(Peer& peer, Nanos at);
  void sendRequest(Peer& peer);
  void lose(Peer& peer);
  void reflect(Peer& peer, const ProbeBody& request);
  void finish(Peer& peer, const ProbeBody& reply);
  std::uint16_t columnSeenOf(const Peer& peer) const;
  ProbeEvent describe(const Peer& peer, const ProbeBody& body) const;

  EngineContext& context_;
  PairChannel& channel_;
  std::array<std::uint8_t, MAX_COLUMN_PART_OCTETS> column_{};
  std::size_t columnSize_ = 0;
  // Members that are still to come are in it too.
  std::unordered_map<Sid, std::uint16_t> columnSeen_;
};

}  // namespace srwan
