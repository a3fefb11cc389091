// Any datagram through parse, hop and end; then the same fields sealed anew must arrive.
#include "fuzz_input.h"
#include "wire/segment_packet.h"

using namespace srwan;
using namespace srwan::fuzz;

namespace {

const AeadKey& dataKey() {
  static const AeadKey key = std::move(*AeadKey::from(Bytes(32, 1)));
  return key;
}

const HopKey& hopKey(std::size_t hop) {
  static const std::array<HopKey, MAX_SEGMENTS> keys = [] {
    std::array<HopKey, MAX_SEGMENTS> made;
    for (std::size_t i = 0; i < MAX_SEGMENTS; ++i)
      made[i] = std::move(*HopKey::from(Bytes(16, static_cast<std::uint8_t>(i + 2))));
    return made;
  }();
  return keys[hop];
}

/** Walks from the current segment to the end. @returns whether every hop took it and it opened */
bool walk(ByteSpan datagram, AeadOpener& opener) {
  auto view = SegmentPacketView::parse(datagram);
  while (view) {
    const bool last = view->isLast();
    const auto hop = verifyHop(*view, hopKey(view->currentIndex()));
    if (!hop) return false;
    advanceHop(*view, *hop);
    if (last) return openSegmentPacket(*view, opener).has_value();
  }
  return false;
}

void sealAnew(const SegmentPacketView& view) {
  const std::size_t count = view.segmentCount();
  std::array<Segment, MAX_SEGMENTS> segments;
  std::array<const HopKey*, MAX_SEGMENTS> keys;
  for (std::size_t i = 0; i < count; ++i) {
    segments[i] = view.segment(i);
    keys[i] = &hopKey(i);
  }
  const SegmentPacketFields fields{view.direction(), view.keyEpochBits(), view.color(),
                                   view.session(),   view.stream(),       view.counter()};
  Bytes packet(view.datagram().begin(), view.datagram().end());
  static AeadSealer sealer(dataKey());
  static AeadOpener opener(dataKey());
  const bool sealed = sealSegmentPacket(packet, fields, std::span<const Segment>(segments.data(), count),
                                        std::span<const HopKey* const>(keys.data(), count), sealer);
  require(sealed, "what parses can be sealed");
  require(SegmentPacketView::parse(packet).has_value(), "what was sealed parses");
  require(walk(packet, opener), "what was sealed arrives");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes datagram = copyOf(data, size);
  const auto view = SegmentPacketView::parse(datagram);
  if (!view) return 0;
  sealAnew(*view);
  static AeadOpener opener(dataKey());
  walk(datagram, opener);
  return 0;
}
