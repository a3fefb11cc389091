// Datagrams in: batches of messages, each of which may be many datagrams that the kernel has put together (UDP_GRO).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "engine/shell/udp_address.h"
#include "wire/bytes.h"

namespace srwan {

struct ReceivedDatagram {
  ByteSpan octets;
  UnderlayEndpoint from;
  // CLOCK_REALTIME when the kernel took it from the device; 0 = unknown.
  std::int64_t kernelTime = 0;
};

// How much one call brought.
struct MessageBatch {
  std::size_t messages = 0;
  std::size_t octets = 0;
};

class UdpReceiveSlots {
 public:
  // Messages a call.
  static constexpr std::size_t MESSAGES = 64;
  // Datagrams a call; what a message may be cut into at most (Linux's UDP_MAX_SEGMENTS) for each message.
  static constexpr std::size_t MAX_DATAGRAMS = MESSAGES * 128;

  // What is returned stays until the next call. A datagram of more than MAX_UDP_PAYLOAD octets comes as an empty one.
  std::span<ReceivedDatagram> receive(int fd);
  // What the last call brought.
  const MessageBatch& batch() const { return batch_; }
  // Whether octets lie in a received datagram's memory.
  bool holds(ByteView octets) const;

 private:
  static constexpr std::size_t SLOT = 65'536;
  static constexpr std::size_t CONTROL = 128;
  // Octets to expect of a call: about what stays in a core's own cache until it is sent on.
  static constexpr std::size_t BUDGET = 512 * 1024;
  static constexpr std::size_t LEAST_MESSAGES = 8;

  // Not initialised: a page of it exists from when the kernel first writes there.
  struct Memory {
    std::array<std::array<std::uint8_t, SLOT>, MESSAGES> octets;
  };
  struct Headers {
    std::array<std::array<std::uint8_t, CONTROL>, MESSAGES> control;
    std::array<sockaddr_storage, MESSAGES> addresses;
    std::array<iovec, MESSAGES> vectors;
    std::array<mmsghdr, MESSAGES> messages;
  };

  void prepare(std::size_t count);
  void cut(std::size_t at);

  std::unique_ptr<Memory> memory_{new Memory};
  std::unique_ptr<Headers> headers_ = std::make_unique<Headers>();
  std::vector<ReceivedDatagram> received_;
  MessageBatch batch_;
  // Messages to ask for next.
  std::size_t wanted_ = MESSAGES;
};

}  // namespace srwan
