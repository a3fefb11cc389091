// The outer UDP socket: batches in, batches out.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "engine/counters.h"
#include "engine/shell/file_descriptor.h"
#include "engine/underlay_endpoint.h"
#include "wire/bytes.h"

namespace srwan {

inline constexpr std::size_t UDP_BATCH = 64;

struct ReceivedDatagram {
  ByteSpan octets;
  UnderlayEndpoint from;
  // CLOCK_REALTIME when the kernel took it from the device; 0 = unknown.
  std::int64_t kernelTime = 0;
};

class UdpSocket {
 public:
  // Octets asked for in each direction.
  static constexpr int BUFFER_SIZE = 4 * 1024 * 1024;

  // @param mark of the outer packets, 0 = none · @param markRequired whether to fail where the mark may not be set
  // @throws ShellError ERR_PORT_IN_USE, ERR_NO_PRIVILEGE, ERR_NO_DEVICE
  UdpSocket(const UnderlayEndpoint& listen, std::uint32_t mark, bool markRequired);

  int fd() const { return fd_.get(); }
  const UnderlayEndpoint& local() const { return local_; }

  // Up to UDP_BATCH datagrams; what they point to stays until the next call.
  std::span<ReceivedDatagram> receive();
  // Queues a datagram: without a copy where it lies in this socket's receive buffers or in `stable`.
  void send(const UnderlayEndpoint& to, ByteView datagram, Counters& counters);
  // Sends what is queued. To be called before the receive buffers or `stable` are used again.
  void flush(Counters& counters);
  // Another region whose octets stay until `flush`.
  void setStableRegion(ByteView region) { stable_ = region; }

 private:
  // Larger than what any member sends: what is longer is seen as truncated and dropped as malformed.
  static constexpr std::size_t SLOT = 2048;
  static constexpr std::size_t CONTROL = 64;

  struct Slots {
    std::array<std::array<std::uint8_t, SLOT>, UDP_BATCH> octets;
    std::array<std::array<std::uint8_t, CONTROL>, UDP_BATCH> control;
    std::array<sockaddr_storage, UDP_BATCH> addresses;
    std::array<iovec, UDP_BATCH> vectors;
    std::array<mmsghdr, UDP_BATCH> messages;
  };

  void configure(std::uint32_t mark, bool markRequired);
  void bindTo(const UnderlayEndpoint& listen);
  bool stays(ByteView datagram) const;

  FileDescriptor fd_;
  int family_;
  UnderlayEndpoint local_;
  ByteView stable_;
  std::unique_ptr<Slots> in_ = std::make_unique<Slots>();
  std::unique_ptr<Slots> out_ = std::make_unique<Slots>();
  std::array<ReceivedDatagram, UDP_BATCH> received_;
  std::size_t queued_ = 0;
};

}  // namespace srwan
