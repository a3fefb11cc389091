// A packet in flight and the bounded pool it comes from.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace wan {

/// MTU of every node's underlay device.
constexpr uint32_t kDeviceMtu = 1500;
/// Most packets in flight in the whole emulated Internet (about 200 MB); what comes beyond is dropped and counted.
constexpr uint32_t kMaxPackets = 131072;

struct Packet {
  Packet* next = nullptr;
  uint64_t due = 0;  ///< ns on CLOCK_MONOTONIC
  uint32_t length = 0;
  uint32_t link = 0;  ///< index of the directed pair
  uint8_t data[kDeviceMtu + 36];
};

/// Grows in chunks up to kMaxPackets, never shrinks: no allocation on the steady path.
class PacketPool {
 public:
  /// nullptr when the cap is reached.
  Packet* take() {
    if (free_ == nullptr && !grow()) return nullptr;
    Packet* packet = free_;
    free_ = packet->next;
    packet->next = nullptr;
    ++used_;
    return packet;
  }

  void give(Packet* packet) {
    packet->next = free_;
    free_ = packet;
    --used_;
  }

  uint32_t used() const { return used_; }

 private:
  static constexpr uint32_t kChunk = 256;

  bool grow() {
    if (chunks_.size() * kChunk >= kMaxPackets) return false;
    chunks_.push_back(std::make_unique<Packet[]>(kChunk));
    for (uint32_t i = 0; i < kChunk; ++i) {
      Packet& packet = chunks_.back()[i];
      packet.next = free_;
      free_ = &packet;
    }
    return true;
  }

  std::vector<std::unique_ptr<Packet[]>> chunks_;
  Packet* free_ = nullptr;
  uint32_t used_ = 0;
};

}  // namespace wan
