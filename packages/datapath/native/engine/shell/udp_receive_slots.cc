#include "engine/shell/udp_receive_slots.h"

#include <algorithm>
#include <cstring>
#include <ctime>

#include "engine/basic_types.h"

namespace srwan {
namespace {

struct Extras {
  std::int64_t kernelTime = 0;
  // Octets of each datagram but the last; 0 = there is one only.
  std::size_t segment = 0;
};

Extras extrasOf(msghdr& header) {
  Extras extras;
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(item), sizeof time);
      extras.kernelTime = static_cast<std::int64_t>(time.tv_sec) * SECOND + time.tv_nsec;
    }
    if (item->cmsg_level == UDP_OPTION_LEVEL && item->cmsg_type == UDP_OPTION_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(item), sizeof segment);
      extras.segment = segment > 0 ? static_cast<std::size_t>(segment) : 0;
    }
  }
  return extras;
}

}  // namespace

void UdpReceiveSlots::prepare(std::size_t count) {
  Headers& in = *headers_;
  for (std::size_t i = 0; i < count; ++i) {
    in.vectors[i] = {memory_->octets[i].data(), SLOT};
    msghdr& header = in.messages[i].msg_hdr;
    header = {};
    header.msg_name = &in.addresses[i];
    header.msg_namelen = sizeof in.addresses[i];
    header.msg_iov = &in.vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = in.control[i].data();
    header.msg_controllen = CONTROL;
  }
}

std::span<ReceivedDatagram> UdpReceiveSlots::receive(int fd) {
  prepare(wanted_);
  received_.clear();
  batch_ = {};
  const int count = recvmmsg(fd, headers_->messages.data(), static_cast<unsigned>(wanted_), 0, nullptr);
  if (count <= 0) return {};
  batch_.messages = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < batch_.messages; ++i) {
    batch_.octets += headers_->messages[i].msg_len;
    cut(i);
  }
  const std::size_t mean = batch_.octets / batch_.messages + 1;
  wanted_ = std::clamp(BUDGET / mean, LEAST_MESSAGES, MESSAGES);
  return received_;
}

void UdpReceiveSlots::cut(std::size_t at) {
  mmsghdr& message = headers_->messages[at];
  const UnderlayEndpoint from = fromSockaddr(headers_->addresses[at]);
  const Extras extras = extrasOf(message.msg_hdr);
  const bool truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
  ByteSpan left(memory_->octets[at].data(), truncated ? 0 : message.msg_len);
  const std::size_t segment = extras.segment == 0 ? left.size() : extras.segment;
  do {
    const ByteSpan datagram = left.first(std::min(segment, left.size()));
    left = left.subspan(datagram.size());
    if (received_.size() == MAX_DATAGRAMS) return;
    received_.push_back({datagram.size() > MAX_UDP_PAYLOAD ? ByteSpan() : datagram, from, extras.kernelTime});
  } while (!left.empty());
}

bool UdpReceiveSlots::holds(ByteView octets) const {
  const std::uint8_t* begin = memory_->octets[0].data();
  return octets.data() >= begin && octets.data() + octets.size() <= begin + sizeof memory_->octets;
}

}  // namespace srwan
