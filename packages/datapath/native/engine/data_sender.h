// Seals one direction of a session: ratchet, path ids and the counters that never repeat.
#pragma once

#include <memory>

#include "engine/key_epoch_clock.h"
#include "engine/segment_path.h"
#include "wire/aead.h"
#include "wire/pair_keys.h"

namespace srwan {

// A path as its headend uses it.
struct SenderPath {
  std::uint8_t id = 0;
  std::uint8_t color = MIN_COLOR;
  SegmentPath path;
  // R_i of every hop, in order.
  std::array<HopRoot, MAX_SEGMENTS> roots;
  // Peer index of the first segment.
  std::int32_t firstHop = -1;

  // Hop keys of one epoch; call after `roots` change.
  void forgetKeys() { keyed_ = false; }
  std::span<const HopKey* const> keys(std::uint32_t epoch);

 private:
  bool keyed_ = false;
  std::uint32_t keyEpoch_ = 0;
  std::array<HopKey, MAX_SEGMENTS> hopKeys_;
  std::array<const HopKey*, MAX_SEGMENTS> pointers_{};
};

class DataSender {
 public:
  // @param chain ck_0
  DataSender(Direction direction, std::uint32_t session, ChainKey chain, Nanos opened, Nanos rekeyInterval);

  // Builds the packet around a plaintext that lies in `buffer` behind HEADROOM octets, with TAILROOM behind it.
  // @returns the datagram, inside `buffer`; empty where it must not be sent
  ByteSpan seal(SenderPath& path, std::uint8_t color, ByteSpan buffer, std::size_t plaintext, Nanos now);
  std::uint32_t epoch(Nanos now) const { return keyEpochByTime(now, opened_, interval_) + extra_; }
  // Ratchets even where nothing is sent. @returns steps taken
  std::uint32_t ratchetTo(std::uint32_t epoch);
  Nanos opened() const { return opened_; }

 private:
  // A counter that reaches this starts a new epoch.
  static constexpr std::uint64_t REKEY_AFTER_PACKETS = std::uint64_t{1} << 32;

  Direction direction_;
  std::uint32_t session_;
  Nanos opened_;
  Nanos interval_;
  std::uint32_t extra_ = 0;
  std::uint32_t epoch_ = 0;
  ChainKey chain_;
  AeadSealer sealer_;
  // Next counter of each path id in this epoch. Kept for all ids, so that no order of announcements makes one repeat.
  std::array<std::uint64_t, 256> counters_{};
};

}  // namespace srwan
