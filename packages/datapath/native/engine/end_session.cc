#include "engine/end_session.h"

#include "engine/transit_role.h"

namespace srwan {

void EndSession::startKeys(Direction sending, const ChainKey& send, const ChainKey& receive, Nanos since,
                           Nanos rekeyInterval) {
  const AeadSuite agreed = suite.value_or(AeadSuite::aes256Gcm);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    ends[i].sender.emplace(sending, id, static_cast<std::uint8_t>(i), send.clone(), since, rekeyInterval, agreed);
    ends[i].receiver.emplace(receive.clone(), agreed);
  }
}

void EndSession::leaveExhausted(unsigned lane, const SenderPath& path) {
  if (!ends[lane].sender->exhausted(path)) return;
  for (EndLane& end : ends) end.sender->leaveEpoch();
}

void EndSession::setOpened(Nanos since) {
  for (EndLane& end : ends) end.clock.setOpened(since);
}

void EndSession::gather(Nanos now) {
  sent.begin();
  forEachSender([&](SenderPath& path) { path.gather(sent); });
  sent.settle(now);
  received.begin();
  for (EndLane& end : ends) end.hop.gather(received);
  received.settle(now);
}

SessionSnapshot EndSession::snapshot(Nanos now) {
  gather(now);
  SessionSnapshot snapshot = Session::snapshot(now);
  const bool pays = role == SessionRole::ingress;
  for (const PathTally::List& list : sent.lists()) {
    PathSnapshot path{pays ? Direction::forward : Direction::reverse, list.path.sids(), list.octets, {}, {}};
    if (pays) path.confirmed = list.confirmed;
    snapshot.paths.push_back(std::move(path));
  }
  for (const PathTally::List& list : received.lists())
    snapshot.paths.push_back({pays ? Direction::reverse : Direction::forward, list.path.sids(), {}, {}, list.octets});
  return snapshot;
}

std::uint32_t EndSession::sweepKeys(Nanos now) {
  std::uint32_t steps = 0;
  for (EndLane& end : ends) {
    const std::uint32_t oldest = end.clock.oldest(now);
    const std::uint32_t newest = end.clock.current(now) + 1;
    end.hop.forgetBefore(oldest, newest);
    end.receiver->forgetBefore(oldest, newest);
    steps = end.sender->ratchetTo(end.sender->epoch(now));
  }
  return steps;
}

bool sendFromEnd(Lane& lane, EndSession& session, SenderPath& path, const Peer& next, ByteSpan datagram) {
  DataSender& sender = *session.ends[lane.index].sender;
  if (datagram.empty() || !sender.seal(path, datagram, lane.now)) return false;
  session.account(lane.index, sender.direction(), datagram.size());
  path.count(lane.index, datagram.size());
  lane.output.sendDatagram(next.config.endpoint, datagram);
  return true;
}

std::optional<ByteSpan> openAtEnd(Lane& lane, EndSession& session, unsigned own, const SegmentPacketView& packet) {
  EndLane& end = session.ends[own];
  const auto check = end.hop.check(packet, end.clock, lane.now);
  if (check.verdict != HopReceiver::Verdict::accepted) return lane.drop(counterOf(check.verdict)), std::nullopt;
  AeadOpener* opener = end.receiver->opener(check.epoch);
  if (opener == nullptr) return lane.drop(Counter::dropKeyEpoch), std::nullopt;
  const std::size_t octets = packet.datagram().size();
  advanceHop(packet, *check.hop);
  const auto plaintext = openSegmentPacket(packet, *opener);
  if (!plaintext) return lane.drop(Counter::dropAuthentication), std::nullopt;
  end.hop.accept(packet, check.epoch, octets);
  end.clock.authenticated(check.epoch, lane.now);
  session.account(own, packet.direction(), octets);
  return plaintext;
}

}  // namespace srwan
