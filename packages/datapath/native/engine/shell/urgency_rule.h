// Whether a lane should be served at once or in its turn.
#pragma once

#include "engine/basic_types.h"

namespace srwan {

// A thread of great weight is woken on another processor and takes it from whoever runs there. That keeps the delay of
// a packet small on a busy machine, and super-packets in the cache where they were written; for each of many small
// packets it costs several times what the packet itself does, and leaves no time for a batch to form (half of the
// processor time of 10,000 packets a second, as measured).
class UrgencyRule {
 public:
  static constexpr Nanos WINDOW = 100 * MILLISECOND;
  // Messages a second, each of few octets, from which on a lane takes its turn, and at which it no longer does.
  static constexpr std::size_t MANY = 2'000;
  static constexpr std::size_t FEW = 1'000;
  // Octets of a message in the mean, likewise: far from a full packet and from a full super-packet.
  static constexpr std::size_t SMALL = 8 * 1024;
  static constexpr std::size_t LARGE = 16 * 1024;

  bool urgent() const { return urgent_; }

  // A batch that was taken: packets or super-packets from the TUN, messages from the socket.
  // @returns whether `urgent` is another one now
  bool note(std::size_t messages, std::size_t octets, Nanos now) {
    messages_ += messages;
    octets_ += octets;
    const Nanos elapsed = now - begin_;
    if (elapsed < WINDOW) return false;
    const bool before = urgent_;
    const std::size_t mean = octets_ / (messages_ == 0 ? 1 : messages_);
    const auto counted = static_cast<unsigned __int128>(messages_) * SECOND;
    const auto reached = [&](std::size_t rate) { return counted >= static_cast<unsigned __int128>(elapsed) * rate; };
    if (urgent_) {
      urgent_ = !(reached(MANY) && mean < SMALL);
    } else {
      urgent_ = !reached(FEW) || mean >= LARGE;
    }
    begin_ = now;
    messages_ = 0;
    octets_ = 0;
    return urgent_ != before;
  }

 private:
  bool urgent_ = true;
  Nanos begin_ = 0;
  std::size_t messages_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace srwan
