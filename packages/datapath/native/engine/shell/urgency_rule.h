// How soon after its waking a lane should be served.
#pragma once

#include "engine/basic_types.h"

namespace srwan {

enum class Urgency : std::uint8_t {
  // Few messages: each is served at once, whoever else runs.
  immediate,
  // Many super-packets: at once where a processor is free, without interrupting who runs.
  batched,
  // Many packets: one thread among others.
  ordinary,
};

// A thread of great weight is woken on another processor than its waker's and takes it from whoever runs there. That
// keeps the delay of a packet small on a busy machine. For each of many small packets it costs several times what the
// packet itself does, and leaves no time for a batch to form (half of the processor time of 10,000 packets a second, as
// measured). Super-packets are best served while they are still in the cache where they were written, but who puts
// them there, the hop before this one, does better if it is not interrupted for each.
class UrgencyRule {
 public:
  static constexpr Nanos WINDOW = 100 * MILLISECOND;
  // Messages a second from which on they are many, and at which they no longer are.
  static constexpr std::size_t MANY = 2'000;
  static constexpr std::size_t FEW = 1'000;
  // Octets of a message in the mean: below it is about a packet, from the other one on about a super-packet.
  static constexpr std::size_t SMALL = 8 * 1024;
  static constexpr std::size_t LARGE = 16 * 1024;

  Urgency urgency() const { return urgency_; }

  // A batch that was taken: packets or super-packets from the TUN, messages from the socket.
  // @returns whether `urgency` is another one now
  bool note(std::size_t messages, std::size_t octets, Nanos now) {
    messages_ += messages;
    octets_ += octets;
    const Nanos elapsed = now - begin_;
    if (elapsed < WINDOW) return false;
    const Urgency before = urgency_;
    urgency_ = next(elapsed);
    begin_ = now;
    messages_ = 0;
    octets_ = 0;
    return urgency_ != before;
  }

 private:
  // Between the bounds it stays as it is.
  Urgency next(Nanos elapsed) const {
    const std::size_t rate = urgency_ == Urgency::immediate ? MANY : FEW;
    const bool many =
        static_cast<unsigned __int128>(messages_) * SECOND >= static_cast<unsigned __int128>(elapsed) * rate;
    if (!many) return Urgency::immediate;
    const std::size_t mean = octets_ / messages_;
    if (mean < SMALL) return Urgency::ordinary;
    return mean >= LARGE ? Urgency::batched : urgency_;
  }

  Urgency urgency_ = Urgency::immediate;
  Nanos begin_ = 0;
  std::size_t messages_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace srwan
