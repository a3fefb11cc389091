#include "engine/hop_receiver.h"

namespace srwan {

HopReceiver::Epoch& HopReceiver::epoch(std::uint32_t number) {
  Epoch& slot = epochs_[number & 3];
  if (!slot.used || slot.number != number) {
    slot.used = true;
    slot.number = number;
    slot.key = deriveHopKey(root_, number);
    slot.streams.clear();
  }
  return slot;
}

SegmentReplayWindow* HopReceiver::windowOf(Epoch& epoch, std::uint16_t stream) {
  for (Stream& entry : epoch.streams) {
    if (entry.id == stream) return entry.window.get();
  }
  return nullptr;
}

HopReceiver::Check HopReceiver::check(const SegmentPacketView& packet, const KeyEpochClock& clock, Nanos now) {
  const auto number = clock.accept(packet.keyEpochBits(), now);
  if (!number) return {Verdict::keyEpoch};
  Epoch& current = epoch(*number);
  auto hop = verifyHop(packet, current.key);
  if (!hop) return {Verdict::proof};
  const SegmentReplayWindow* window = windowOf(current, packet.stream());
  if (window == nullptr) {
    if (current.streams.size() >= MAX_STREAMS) return {Verdict::limit};
  } else if (!window->check(packet.counter())) {
    return {Verdict::replay};
  }
  return {Verdict::accepted, *number, std::move(hop)};
}

void HopReceiver::accept(const SegmentPacketView& packet, std::uint32_t number) {
  Epoch& current = epoch(number);
  SegmentReplayWindow* window = windowOf(current, packet.stream());
  if (window == nullptr)
    window =
        current.streams.emplace_back(Stream{packet.stream(), std::make_unique<SegmentReplayWindow>()}).window.get();
  window->advance(packet.counter());
}

void HopReceiver::forgetBefore(std::uint32_t oldest, std::uint32_t newest) {
  for (Epoch& slot : epochs_) {
    if (slot.used && (slot.number < oldest || slot.number > newest)) slot = Epoch{};
  }
}

std::size_t HopReceiver::epochsHeld() const {
  std::size_t held = 0;
  for (const Epoch& slot : epochs_) held += slot.used ? 1 : 0;
  return held;
}

}  // namespace srwan
