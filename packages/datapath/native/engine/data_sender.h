// Seals one direction of a session: ratchet, path ids and the counters that never repeat.
#pragma once

#include <memory>

#include "engine/key_epoch_clock.h"
#include "engine/lane.h"
#include "engine/path_tally.h"
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
  // Largest inner packet that it is known to carry; 0 = not even the base: it is not to be used.
  std::uint16_t mtu = BASE_MTU;

  // Call after `roots` change.
  void forgetKeys() {
    for (auto& keys : keys_) {
      if (keys) keys->derived = false;
    }
  }
  // Hop keys of one epoch. @param lane the caller's; each has its own
  std::span<const HopKey* const> keys(unsigned lane, std::uint32_t epoch);
  // Last epoch in which any lane has sealed with this path.
  std::uint32_t lastEpoch() const;
  // What the lane has just sealed with this path is sent.
  void count(unsigned lane, std::size_t octets) { keys_[lane]->octets += octets; }
  // Hands over what has been counted. For the one that is alone.
  void gather(PathTally& tally);
  // Hands over everything: the id is going to name another list.
  void leave(PathTally& tally);

 private:
  struct alignas(64) Keys {
    bool derived = false;
    std::uint32_t epoch = 0;
    std::uint32_t lastEpoch = 0;
    // In `epoch`; those before it wait to be gathered.
    std::uint64_t octets = 0;
    PastUses past;
    std::array<HopKey, MAX_SEGMENTS> hops;
    std::array<const HopKey*, MAX_SEGMENTS> pointers{};
  };
  // By lane, as many as have sealed.
  std::array<std::unique_ptr<Keys>, MAX_LANES> keys_;
};

// The datagram around a plaintext of `size` octets that lies in `buffer` behind HEADROOM octets, with TAILROOM behind
// it.
// @returns empty where the buffer is too short
ByteSpan datagramAround(const SenderPath& path, ByteSpan buffer, std::size_t size);

// Of one lane.
class DataSender {
 public:
  // @param queue of the lane, part of each stream's name · @param chain ck_0
  DataSender(Direction direction, std::uint32_t session, std::uint8_t queue, ChainKey chain, Nanos opened,
             Nanos rekeyInterval, AeadSuite suite = AeadSuite::aes256Gcm);

  // The path's counter has come to the end of this epoch: `leaveEpoch` on all lanes first.
  bool exhausted(const SenderPath& path) const { return counters_[path.id] >= REKEY_AFTER_PACKETS; }
  // Goes on under the next key.
  void leaveEpoch() { ++extra_; }
  // Builds the packet in a datagram of exactly the right size, whose plaintext lies behind the room for its header.
  // @returns false where it must not be sent
  bool seal(SenderPath& path, ByteSpan datagram, Nanos now);
  Direction direction() const { return direction_; }
  std::uint32_t epoch(Nanos now) const { return timer_.epoch(now) + extra_; }
  // Ratchets even where nothing is sent. @returns steps taken
  std::uint32_t ratchetTo(std::uint32_t epoch);
  Nanos opened() const { return timer_.opened(); }

 private:
  // A counter that reaches this starts a new epoch.
  static constexpr std::uint64_t REKEY_AFTER_PACKETS = std::uint64_t{1} << 32;

  Direction direction_;
  std::uint32_t session_;
  std::uint8_t queue_;
  KeyEpochTimer timer_;
  std::uint32_t extra_ = 0;
  std::uint32_t epoch_ = 0;
  AeadSuite suite_;
  ChainKey chain_;
  AeadSealer sealer_;
  // Next counter of each path id in this epoch. Kept for all ids, so that no order of announcements makes one repeat.
  std::array<std::uint64_t, 256> counters_{};
};

}  // namespace srwan
