// The outer UDP socket: batches in, batches out.
#pragma once

#include "engine/counters.h"
#include "engine/shell/file_descriptor.h"
#include "engine/shell/udp_receive_slots.h"
#include "engine/shell/udp_send_queue.h"

namespace srwan {

// Octets asked for in each direction, unless told otherwise.
inline constexpr int DEFAULT_SOCKET_BUFFER = 4 * 1024 * 1024;

struct UdpSocketOptions {
  UnderlayEndpoint listen;
  // Of the outer packets; 0 = none.
  std::uint32_t mark = 0;
  // Whether to fail where the mark may not be set.
  bool markRequired = false;
  // Whether to use the kernel's offloads where it has them.
  bool segmentation = true;
  bool receiveOffload = true;
  // One of several that share the port.
  bool shared = false;
  // What is asked for in each direction.
  int bufferOctets = DEFAULT_SOCKET_BUFFER;
};

class UdpSocket {
 public:
  struct Features {
    bool segmentation = false;
    bool receiveOffload = false;
  };

  // @throws ShellError ERR_PORT_IN_USE, ERR_NO_PRIVILEGE, ERR_NO_DEVICE
  explicit UdpSocket(const UdpSocketOptions& options);

  int fd() const { return fd_.get(); }
  const UnderlayEndpoint& local() const { return local_; }
  // What is in use now.
  Features features() const { return {out_.segmentation(), receiveOffload_}; }

  // A batch of datagrams; what they point to stays until the next call.
  std::span<ReceivedDatagram> receive() { return in_.receive(fd_.get()); }
  const MessageBatch& batch() const { return in_.batch(); }
  // Memory for a datagram to be sent, see UdpSendQueue.
  ByteSpan reserve(std::size_t size, Counters& counters) { return out_.reserve(size, counters); }
  // Queues a datagram: without a copy where it stays until `flush`.
  void send(const UnderlayEndpoint& to, ByteView datagram, Counters& counters);
  // Sends what is queued. To be called before the receive buffers or `stable` are used again.
  void flush(Counters& counters) { out_.flush(counters); }
  // Another region whose octets stay until `flush`.
  void setStableRegion(ByteView region) { stable_ = region; }
  // Whether octets lie in the receive buffers or the stable region.
  bool stays(ByteView octets) const;

 private:
  void configure(const UdpSocketOptions& options);
  void bindTo(const UnderlayEndpoint& listen);

  FileDescriptor fd_;
  int family_;
  bool receiveOffload_;
  UnderlayEndpoint local_;
  ByteView stable_;
  UdpReceiveSlots in_;
  UdpSendQueue out_;
};

}  // namespace srwan
