// One hop's check of one direction of a session: hop keys and replay windows of the key epochs that are still taken.
#pragma once

#include <memory>
#include <vector>

#include "engine/key_epoch_clock.h"
#include "engine/path_tally.h"
#include "wire/pair_keys.h"
#include "wire/replay_window.h"

namespace srwan {

class HopReceiver {
 public:
  // Windows an epoch: all path ids of a session, over a queue or two of the sender each.
  static constexpr std::size_t MAX_STREAMS = 64;

  enum class Verdict : std::uint8_t { accepted, keyEpoch, proof, replay, limit };

  struct Check {
    Verdict verdict;
    std::uint32_t epoch = 0;
    std::optional<VerifiedHop> hop{};
  };

  explicit HopReceiver(HopRoot root) : root_(std::move(root)) {}

  // Proof, then replay; changes no window.
  Check check(const SegmentPacketView& packet, const KeyEpochClock& clock, Nanos now);
  // Marks a checked packet as seen; a stream's window is allocated at its first one.
  // @param counted octets to count for its path; 0 at a transit, which is not told of paths
  void accept(const SegmentPacketView& packet, std::uint32_t epoch, std::size_t counted = 0);
  // Hands over what has been counted. For the one that is alone.
  void gather(PathTally& tally);
  // Wipes what is out of range.
  void forgetBefore(std::uint32_t oldest, std::uint32_t newest);
  // A new root (the hop restarted or the ingress opened again): keys change, windows stay.
  const HopRoot& root() const { return root_; }
  // Epochs whose keys are held, for tests of forward secrecy.
  std::size_t epochsHeld() const;

 private:
  struct Stream {
    std::uint16_t id;
    std::unique_ptr<SegmentReplayWindow> window;
    // Only where octets are counted.
    SegmentPath path;
    std::uint64_t octets = 0;
  };
  struct Epoch {
    bool used = false;
    std::uint32_t number = 0;
    HopKey key;
    std::vector<Stream> streams;
  };

  Epoch& epoch(std::uint32_t number);
  static Stream* streamIn(Epoch& epoch, std::uint16_t stream);
  // Empties a slot; its counts wait to be gathered.
  void leave(Epoch& slot);

  HopRoot root_;
  // Consecutive epochs differ in their two low bits.
  std::array<Epoch, 4> epochs_;
  PastUses past_;
};

}  // namespace srwan
