#include "engine/hop_receiver.h"

namespace srwan {

HopReceiver::Epoch& HopReceiver::epoch(std::uint32_t number) {
  Epoch& slot = epochs_[number & 3];
  if (!slot.used || slot.number != number) {
    leave(slot);
    slot.used = true;
    slot.number = number;
    slot.key = deriveHopKey(root_, number);
  }
  return slot;
}

HopReceiver::Stream* HopReceiver::streamIn(Epoch& epoch, std::uint16_t stream) {
  for (Stream& entry : epoch.streams) {
    if (entry.id == stream) return &entry;
  }
  return nullptr;
}

void HopReceiver::leave(Epoch& slot) {
  for (const Stream& stream : slot.streams) past_.add({{slot.number, pathOf(stream.id)}, stream.path, stream.octets});
  slot = Epoch{};
}

void HopReceiver::gather(PathTally& tally) {
  for (const PathUse& use : past_.take()) tally.addPast(use);
  for (const Epoch& slot : epochs_) {
    for (const Stream& stream : slot.streams) {
      if (stream.octets > 0) tally.addLive({{slot.number, pathOf(stream.id)}, stream.path, stream.octets});
    }
  }
}

HopReceiver::Check HopReceiver::check(const SegmentPacketView& packet, const KeyEpochClock& clock, Nanos now) {
  const auto number = clock.accept(packet.keyEpochBits(), now);
  if (!number) return {Verdict::keyEpoch};
  Epoch& current = epoch(*number);
  auto hop = verifyHop(packet, current.key);
  if (!hop) return {Verdict::proof};
  const Stream* stream = streamIn(current, packet.stream());
  if (stream == nullptr) {
    if (current.streams.size() >= MAX_STREAMS) return {Verdict::limit};
  } else if (!stream->window->check(packet.counter())) {
    return {Verdict::replay};
  }
  return {Verdict::accepted, *number, std::move(hop)};
}

void HopReceiver::accept(const SegmentPacketView& packet, std::uint32_t number, std::size_t counted) {
  Epoch& current = epoch(number);
  Stream* stream = streamIn(current, packet.stream());
  if (stream == nullptr) {
    stream = &current.streams.emplace_back(Stream{packet.stream(), std::make_unique<SegmentReplayWindow>(), {}});
    if (counted > 0) stream->path = SegmentPath::of(packet);
  }
  stream->window->advance(packet.counter());
  stream->octets += counted;
}

void HopReceiver::forgetBefore(std::uint32_t oldest, std::uint32_t newest) {
  for (Epoch& slot : epochs_) {
    if (slot.used && (slot.number < oldest || slot.number > newest)) leave(slot);
  }
}

std::size_t HopReceiver::epochsHeld() const {
  std::size_t held = 0;
  for (const Epoch& slot : epochs_) held += slot.used ? 1 : 0;
  return held;
}

}  // namespace srwan
