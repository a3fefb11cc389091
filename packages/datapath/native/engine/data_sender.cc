#include "engine/data_sender.h"

namespace srwan {

std::span<const HopKey* const> SenderPath::keys(unsigned lane, std::uint32_t epoch) {
  if (!keys_[lane]) keys_[lane] = std::make_unique<Keys>();
  Keys& keys = *keys_[lane];
  if (!keys.derived || keys.epoch != epoch) {
    if (keys.epoch != epoch) keys.past.add({{keys.epoch, id}, path, std::exchange(keys.octets, 0)});
    for (std::size_t i = 0; i < path.count; ++i) {
      keys.hops[i] = deriveHopKey(roots[i], epoch);
      keys.pointers[i] = &keys.hops[i];
    }
    keys.derived = true;
    keys.epoch = epoch;
    keys.lastEpoch = std::max(keys.lastEpoch, epoch);
  }
  return {keys.pointers.data(), path.count};
}

std::uint32_t SenderPath::lastEpoch() const {
  std::uint32_t last = 0;
  for (const auto& keys : keys_) {
    if (keys) last = std::max(last, keys->lastEpoch);
  }
  return last;
}

void SenderPath::gather(PathTally& tally) {
  for (const auto& keys : keys_) {
    if (!keys) continue;
    for (const PathUse& use : keys->past.take()) tally.addPast(use);
    if (keys->octets > 0) tally.addLive({{keys->epoch, id}, path, keys->octets});
  }
}

void SenderPath::leave(PathTally& tally) {
  for (const auto& keys : keys_) {
    if (!keys) continue;
    for (const PathUse& use : keys->past.take()) tally.addPast(use);
    if (keys->octets > 0) tally.addPast({{keys->epoch, id}, path, std::exchange(keys->octets, 0)});
  }
}

DataSender::DataSender(Direction direction, std::uint32_t session, std::uint8_t queue, ChainKey chain, Nanos opened,
                       Nanos rekeyInterval, AeadSuite suite)
    : direction_(direction),
      session_(session),
      queue_(queue),
      timer_(opened, rekeyInterval),
      suite_(suite),
      chain_(std::move(chain)),
      sealer_(deriveDataKey(chain_), suite_) {}

std::uint32_t DataSender::ratchetTo(std::uint32_t epoch) {
  if (epoch <= epoch_) return 0;
  const std::uint32_t steps = epoch - epoch_;
  for (; epoch_ < epoch; ++epoch_) chain_ = ratchet(chain_);
  sealer_ = AeadSealer(deriveDataKey(chain_), suite_);
  counters_.fill(0);
  return steps;
}

ByteSpan datagramAround(const SenderPath& path, ByteSpan buffer, std::size_t size) {
  if (buffer.size() < HEADROOM + size + TAILROOM) return {};
  const std::uint8_t segments = path.path.count;
  return buffer.subspan(HEADROOM - segmentPlaintextOffset(segments), segmentPacketOverhead(segments) + size);
}

bool DataSender::seal(SenderPath& path, ByteSpan datagram, Nanos now) {
  if (exhausted(path)) return false;
  ratchetTo(epoch(now));
  SegmentPacketFields fields;
  fields.direction = direction_;
  fields.keyEpoch = epoch_;
  fields.color = path.color;
  fields.session = session_;
  fields.stream = streamOf(path.id, queue_);
  fields.counter = counters_[path.id]++;
  return sealSegmentPacket(datagram, fields, path.path.view(), path.keys(queue_, epoch_), sealer_);
}

}  // namespace srwan
