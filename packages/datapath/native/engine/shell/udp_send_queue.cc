#include "engine/shell/udp_send_queue.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace srwan {
namespace {

Counter counterOf(int error) {
  if (error == EAGAIN || error == ENOBUFS) return Counter::dropQueueFull;
  return error == EMSGSIZE ? Counter::dropTooBig : Counter::dropSocketError;
}

// Errors of a message of many that say nothing about its datagrams one by one: a device without the offload, or a
// datagram longer than the path's packets (EINVAL for both before Linux 6.14).
bool mayBeForSegmentation(int error) { return error == EIO || error == EINVAL || error == EMSGSIZE; }

}  // namespace

ByteSpan UdpSendQueue::reserve(std::size_t size, Counters& counters) {
  if (size > ARENA) return {};
  if (ARENA - arenaUsed_ < size) flush(counters);
  const ByteSpan place = ByteSpan(memory_->arena).subspan(arenaUsed_, size);
  arenaUsed_ += size;
  return place;
}

bool UdpSendQueue::holds(ByteView octets) const {
  const std::uint8_t* begin = memory_->arena.data();
  return octets.data() >= begin && octets.data() + octets.size() <= begin + ARENA;
}

bool UdpSendQueue::extend(const UnderlayEndpoint& to, ByteView datagram) {
  const std::size_t oldest = queued_ - std::min(queued_, LOOK_BACK);
  for (std::size_t at = queued_; at > oldest; --at) {
    Message& message = messages_[at - 1];
    if (message.to != to) continue;
    // The last one may be shorter, and ends the message.
    const bool ended = message.octets != message.segment * message.datagrams;
    if (ended || datagram.size() > message.segment || message.datagrams == DATAGRAMS ||
        message.octets + datagram.size() > MESSAGE_OCTETS)
      return false;
    auto& pieces = memory_->pieces[at - 1];
    iovec& last = pieces[message.pieces - 1];
    auto* octets = const_cast<std::uint8_t*>(datagram.data());
    if (static_cast<std::uint8_t*>(last.iov_base) + last.iov_len == octets) {
      last.iov_len += datagram.size();
    } else {
      pieces[message.pieces++] = {octets, datagram.size()};
    }
    message.octets += datagram.size();
    ++message.datagrams;
    return true;
  }
  return false;
}

void UdpSendQueue::begin(const UnderlayEndpoint& to, ByteView datagram, Counters& counters) {
  const socklen_t size = toSockaddr(to, family_, memory_->addresses[queued_]);
  if (size == 0) return counters.add(Counter::dropSocketError);
  memory_->pieces[queued_][0] = {const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
  messages_[queued_] = {to, size, datagram.size(), datagram.size(), 1, 1};
  ++queued_;
}

void UdpSendQueue::add(const UnderlayEndpoint& to, ByteView datagram, Counters& counters) {
  if (segmentation() && !datagram.empty() && extend(to, datagram)) return;
  if (queued_ == MESSAGES) sendQueued(counters);
  begin(to, datagram, counters);
}

void UdpSendQueue::addCopy(const UnderlayEndpoint& to, ByteView datagram, Counters& counters) {
  if (datagram.size() > COPIES) return counters.add(Counter::dropSocketError);
  if (COPIES - copiesUsed_ < datagram.size()) {
    sendQueued(counters);
    copiesUsed_ = 0;
  }
  const ByteSpan copy = ByteSpan(memory_->copies).subspan(copiesUsed_, datagram.size());
  copiesUsed_ += datagram.size();
  std::copy(datagram.begin(), datagram.end(), copy.begin());
  add(to, copy, counters);
}

void UdpSendQueue::prepare(std::size_t at) {
  const Message& message = messages_[at];
  msghdr& header = memory_->headers[at].msg_hdr;
  header = {};
  header.msg_name = &memory_->addresses[at];
  header.msg_namelen = message.addressOctets;
  header.msg_iov = memory_->pieces[at].data();
  header.msg_iovlen = message.pieces;
  if (message.datagrams == 1) return;
  header.msg_control = memory_->control[at].data();
  header.msg_controllen = sizeof memory_->control[at];
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = UDP_OPTION_LEVEL;
  item->cmsg_type = UDP_OPTION_SEGMENT;
  item->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto segment = static_cast<std::uint16_t>(message.segment);
  std::memcpy(CMSG_DATA(item), &segment, sizeof segment);
}

void UdpSendQueue::flush(Counters& counters) {
  sendQueued(counters);
  arenaUsed_ = 0;
  copiesUsed_ = 0;
}

void UdpSendQueue::sendQueued(Counters& counters) {
  for (std::size_t i = 0; i < queued_; ++i) prepare(i);
  std::size_t done = 0;
  while (done < queued_) {
    const int sent = sendmmsg(fd_, memory_->headers.data() + done, static_cast<unsigned>(queued_ - done), 0);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    // The first of the rest cannot be sent; the others may.
    onError(done, errno, counters);
    ++done;
  }
  queued_ = 0;
}

void UdpSendQueue::onError(std::size_t at, int error, Counters& counters) {
  const Message& message = messages_[at];
  if (message.datagrams > 1 && mayBeForSegmentation(error)) return sendSingly(at, error, counters);
  counters.add(counterOf(error), message.datagrams);
}

void UdpSendQueue::sendSingly(std::size_t at, int error, Counters& counters) {
  const Message& message = messages_[at];
  bool wholeOneWent = false;
  for (std::size_t piece = 0; piece < message.pieces; ++piece) {
    const iovec& octets = memory_->pieces[at][piece];
    for (std::size_t from = 0; from < octets.iov_len; from += message.segment) {
      const std::size_t size = std::min(message.segment, octets.iov_len - from);
      const auto* address = reinterpret_cast<const sockaddr*>(&memory_->addresses[at]);
      ssize_t sent = 0;
      do {
        sent = sendto(fd_, static_cast<std::uint8_t*>(octets.iov_base) + from, size, 0, address, message.addressOctets);
      } while (sent < 0 && errno == EINTR);
      if (sent < 0) {
        counters.add(counterOf(errno));
      } else if (size == message.segment) {
        wholeOneWent = true;
      }
    }
  }
  // Alone they go: it is the device that has not got the offload.
  if (wholeOneWent && error != EMSGSIZE) segmentation_.store(false, std::memory_order_relaxed);
}

}  // namespace srwan
