// The TUN through which inner packets come and go, super-packets included where the kernel has them.
#pragma once

#include <string>

#include "engine/offload/flow_coalescer.h"
#include "engine/shell/datapath_features.h"
#include "engine/shell/file_descriptor.h"

namespace srwan {

struct TunOptions {
  // At most 15 characters.
  std::string name;
  // Several devices may be opened with one name then, each a queue of it.
  bool multiQueue = false;
  // The most to ask the kernel for.
  TunOffload offload = TunOffload::tsoUso;
};

class TunDevice final : CoalescedSink {
 public:
  enum class Read : std::uint8_t { packet, nothing, malformed, gone };

  // Takes the best offload that the kernel has. @throws ShellError ERR_NO_DEVICE, ERR_NO_PRIVILEGE, ERR_ALREADY_RUNNING
  explicit TunDevice(const TunOptions& options);

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }
  TunOffload offload() const { return offload_; }
  // Octets that `read` has to be given for the longest packet.
  std::size_t longestPacket() const;

  // Reads one packet into `out`. @param size, offload set where one was read; a super-packet is to be cut, and a
  // checksum to be completed, by the caller
  Read read(ByteSpan out, std::size_t& size, PacketOffload& offload);
  // Writes a packet, perhaps as part of a super-packet. It has to stay as it is until `flush`.
  void write(ByteView packet);
  void flush() { coalescer_.flush(); }
  // Packets that the device did not take since it was last asked.
  std::size_t takeLost();
  // Largest packet that the kernel hands over. @returns false where it may not be changed
  bool setMtu(std::uint32_t mtu);

 private:
  void takeCoalesced(std::span<const iovec> pieces, std::size_t packets) override;

  FileDescriptor fd_;
  // Any socket: what requests about devices go through.
  FileDescriptor control_;
  std::string name_;
  TunOffload offload_;
  FlowCoalescer coalescer_;
  std::size_t lost_ = 0;
};

}  // namespace srwan
