// Cuts a super-packet (TSO, USO) into the IP packets that it stands for, none longer than a path takes.
#pragma once

#include "engine/offload/packet_offload.h"

namespace srwan {

// A plan; the packet that it refers to must stay as it is. Segments may be written in any order.
class InnerCutter {
 public:
  // A full super-packet at the least payload that Linux's TCP uses (TCP_MIN_SND_MSS); more is hostile.
  static constexpr std::size_t MAX_PACKETS = MAX_SUPER_PACKET / 48;

  enum class Verdict : std::uint8_t {
    // No super-packet: it goes as it is, after `completeChecksum` where that is needed.
    whole,
    // `count()` packets, to be written with `write`.
    cut,
    // Longer than `maxInner` and not ours to cut, for a datagram's borders are the program's: to be answered with
    // packet
    // too big.
    tooBig,
    // Not to be cut into packets of any use.
    malformed
  };

  // @param offload parsed from this packet's virtio header · @param maxInner octets of the longest IP packet
  InnerCutter(ByteView packet, const PacketOffload& offload, std::size_t maxInner) noexcept;

  Verdict verdict() const { return verdict_; }
  // Packets; 1 unless the verdict is `cut`.
  std::size_t count() const { return count_; }
  // Octets of packet `i` < count().
  std::size_t size(std::size_t i) const { return header_ + payloadOf(i); }
  // Writes packet `i`, complete with all checksums. @param out size(i) octets, apart from the super-packet
  void write(std::size_t i, ByteSpan out) const noexcept;

 private:
  std::size_t payloadOf(std::size_t i) const {
    return i + 1 < count_ ? segment_ : packet_.size() - header_ - (count_ - 1) * segment_;
  }
  void fixTcp(std::size_t i, std::uint8_t* header) const noexcept;

  ByteView packet_;
  InnerLayout layout_;
  std::size_t header_ = 0;
  std::size_t segment_ = 0;
  std::size_t count_ = 1;
  std::uint64_t pseudo_ = 0;
  Verdict verdict_ = Verdict::whole;
};

}  // namespace srwan
