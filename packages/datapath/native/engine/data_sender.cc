#include "engine/data_sender.h"

namespace srwan {

std::span<const HopKey* const> SenderPath::keys(std::uint32_t epoch) {
  if (!keyed_ || keyEpoch_ != epoch) {
    for (std::size_t i = 0; i < path.count; ++i) {
      hopKeys_[i] = deriveHopKey(roots[i], epoch);
      pointers_[i] = &hopKeys_[i];
    }
    keyed_ = true;
    keyEpoch_ = epoch;
  }
  return {pointers_.data(), path.count};
}

DataSender::DataSender(Direction direction, std::uint32_t session, ChainKey chain, Nanos opened, Nanos rekeyInterval)
    : direction_(direction),
      session_(session),
      opened_(opened),
      interval_(rekeyInterval),
      chain_(std::move(chain)),
      sealer_(deriveDataKey(chain_)) {}

std::uint32_t DataSender::ratchetTo(std::uint32_t epoch) {
  if (epoch <= epoch_) return 0;
  const std::uint32_t steps = epoch - epoch_;
  for (; epoch_ < epoch; ++epoch_) chain_ = ratchet(chain_);
  sealer_ = AeadSealer(deriveDataKey(chain_));
  counters_.fill(0);
  return steps;
}

ByteSpan DataSender::seal(SenderPath& path, std::uint8_t color, ByteSpan buffer, std::size_t plaintext, Nanos now) {
  if (counters_[path.id] >= REKEY_AFTER_PACKETS) ++extra_;
  ratchetTo(epoch(now));
  const std::size_t overhead = segmentPacketOverhead(path.path.count);
  const std::size_t start = HEADROOM - segmentPlaintextOffset(path.path.count);
  if (buffer.size() < HEADROOM + plaintext + TAILROOM) return {};
  const ByteSpan datagram = buffer.subspan(start, overhead + plaintext);
  SegmentPacketFields fields;
  fields.direction = direction_;
  fields.keyEpoch = epoch_;
  fields.color = color;
  fields.session = session_;
  fields.stream = streamOf(path.id, 0);
  fields.counter = counters_[path.id]++;
  if (!sealSegmentPacket(datagram, fields, path.path.view(), path.keys(epoch_), sealer_)) return {};
  return datagram;
}

}  // namespace srwan
