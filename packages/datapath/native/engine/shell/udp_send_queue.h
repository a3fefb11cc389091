// Datagrams out: those to one destination and of one size become one message (UDP_SEGMENT), messages go in batches.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <memory>

#include "engine/counters.h"
#include "engine/shell/udp_address.h"
#include "wire/bytes.h"

namespace srwan {

class UdpSendQueue {
 public:
  // Messages that wait at most.
  static constexpr std::size_t MESSAGES = 64;
  // Datagrams a message (Linux's UDP_MAX_SEGMENTS before 6.9), and octets.
  static constexpr std::size_t DATAGRAMS = 64;
  static constexpr std::size_t MESSAGE_OCTETS = 65'000;
  // Memory that `reserve` gives between two flushes.
  static constexpr std::size_t ARENA = 256 * 1024;

  UdpSendQueue(int fd, int family, bool segmentation) : fd_(fd), family_(family), segmentation_(segmentation) {}

  // Whether the kernel and every device so far took messages of many datagrams.
  bool segmentation() const { return segmentation_.load(std::memory_order_relaxed); }

  // Memory in which a datagram is built that `add` then takes without a copy. It stays until the next flush, which
  // happens here where the memory is used up: what was reserved before must have been added by then. Reservations in a
  // row lie side by side.
  // @returns empty where `size` is more than ARENA
  ByteSpan reserve(std::size_t size, Counters& counters);
  // Whether octets lie in memory that was reserved.
  bool holds(ByteView octets) const;
  // Queues a datagram that stays where and as it is until the next flush; sends what waits before where the queue is
  // full. Datagrams to one destination leave in the order in which they were added.
  void add(const UnderlayEndpoint& to, ByteView datagram, Counters& counters);
  // The same for octets that do not stay. Never ends a reservation.
  void addCopy(const UnderlayEndpoint& to, ByteView datagram, Counters& counters);
  void flush(Counters& counters);

 private:
  // Memory of `addCopy`.
  static constexpr std::size_t COPIES = 64 * 1024;
  // How far back a message to the same destination is looked for.
  static constexpr std::size_t LOOK_BACK = 4;

  struct Message {
    UnderlayEndpoint to;
    socklen_t addressOctets = 0;
    std::size_t segment = 0;
    std::size_t octets = 0;
    std::size_t datagrams = 0;
    std::size_t pieces = 0;
  };
  struct Memory {
    std::array<std::uint8_t, ARENA> arena;
    std::array<std::uint8_t, COPIES> copies;
    std::array<std::array<iovec, DATAGRAMS>, MESSAGES> pieces;
    std::array<std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))>, MESSAGES> control;
    std::array<sockaddr_storage, MESSAGES> addresses;
    std::array<mmsghdr, MESSAGES> headers;
  };

  bool extend(const UnderlayEndpoint& to, ByteView datagram);
  void begin(const UnderlayEndpoint& to, ByteView datagram, Counters& counters);
  void sendQueued(Counters& counters);
  void prepare(std::size_t at);
  void onError(std::size_t at, int error, Counters& counters);
  void sendSingly(std::size_t at, int error, Counters& counters);

  int fd_;
  int family_;
  // Read by other threads.
  std::atomic<bool> segmentation_;
  std::size_t queued_ = 0;
  std::size_t arenaUsed_ = 0;
  std::size_t copiesUsed_ = 0;
  std::array<Message, MESSAGES> messages_;
  // Not initialised, for its size.
  std::unique_ptr<Memory> memory_{new Memory};
};

}  // namespace srwan
