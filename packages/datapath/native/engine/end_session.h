// A session at one of its two ends: keys, windows and counters of each lane, in both directions.
#pragma once

#include <functional>

#include "engine/data_receiver.h"
#include "engine/data_sender.h"
#include "engine/engine_context.h"
#include "engine/hop_receiver.h"
#include "engine/session.h"

namespace srwan {

// Lanes share no octet that any of them writes.
struct alignas(64) EndLane {
  EndLane(Nanos opened, Nanos rekeyInterval, HopRoot root) : clock(opened, rekeyInterval), hop(std::move(root)) {}

  KeyEpochClock clock;
  // This node as the last hop of what it receives.
  HopReceiver hop;
  std::optional<DataReceiver> receiver;
  std::optional<DataSender> sender;
};

struct EndSession : Session {
  EndSession(SessionRole role, std::uint32_t id, std::size_t lanes, Nanos opened, Nanos rekeyInterval,
             const HopRoot& hopRoot)
      : Session(role, id, lanes) {
    ends.reserve(lanes);
    for (std::size_t i = 0; i < lanes; ++i) ends.emplace_back(opened, rekeyInterval, hopRoot.clone());
  }

  // The keys of both directions have been agreed on, and `suite` before them.
  void startKeys(Direction sending, const ChainKey& send, const ChainKey& receive, Nanos since, Nanos rekeyInterval);
  bool keyed() const { return ends.front().sender.has_value(); }
  std::uint32_t epoch(Nanos now) const { return keyed() ? ends.front().sender->epoch(now) : 0; }
  // All lanes leave the current epoch where the lane's counter for the path has come to its end.
  void leaveExhausted(unsigned lane, const SenderPath& path);
  void setOpened(Nanos since);
  // Brings `sent` and `received` up to date. For the one that is alone.
  void gather(Nanos now);
  SessionSnapshot snapshot(Nanos now) override;
  // Ratchets and wipes what is out of range. @returns steps that the sender took
  std::uint32_t sweepKeys(Nanos now);

  std::vector<EndLane> ends;
  PathTally sent;
  PathTally received;

 private:
  // Paths of this end, each once.
  virtual void forEachSender(const std::function<void(SenderPath&)>& visit) = 0;
};

// Seals a datagram of the right size around its plaintext, accounts for it and sends it to the path's first segment.
// @returns false where it must not be sent
bool sendFromEnd(Lane& lane, EndSession& session, SenderPath& path, const Peer& next, ByteSpan datagram);

// Opens a packet at the end of its path: proof, replay, seal; accounts for it. Counts why where it does not.
// @param own the lane that keeps the stream
// @returns the plaintext, where the datagram lies
std::optional<ByteSpan> openAtEnd(Lane& lane, EndSession& session, unsigned own, const SegmentPacketView& packet);

}  // namespace srwan
