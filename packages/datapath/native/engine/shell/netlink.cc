#include "engine/shell/netlink.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "engine/shell/shell_error.h"

namespace srwan {

void NetlinkRequest::append(const void* data, std::size_t size) {
  const auto* begin = static_cast<const std::uint8_t*>(data);
  octets_.insert(octets_.end(), begin, begin + size);
  octets_.resize(NLMSG_ALIGN(octets_.size()));
}

NetlinkRequest& NetlinkRequest::attribute(std::uint16_t type, ByteView value) {
  rtattr head{static_cast<unsigned short>(RTA_LENGTH(value.size())), type};
  append(&head, sizeof head);
  append(value.data(), value.size());
  return *this;
}

NetlinkRequest& NetlinkRequest::number(std::uint16_t type, std::uint32_t value) {
  return attribute(type, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
}

NetlinkRequest& NetlinkRequest::text(std::uint16_t type, const std::string& value) {
  return attribute(type, {reinterpret_cast<const std::uint8_t*>(value.c_str()), value.size() + 1});
}

ByteSpan NetlinkRequest::finish(std::uint32_t sequence) {
  header().nlmsg_len = static_cast<std::uint32_t>(octets_.size());
  header().nlmsg_seq = sequence;
  return octets_;
}

Netlink::Netlink() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  if (!fd_.valid()) throwSystemError("cannot open rtnetlink", errno);
  // The kernel answers at once; this only keeps a broken one from holding us for ever.
  const timeval limit{2, 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

int Netlink::request(NetlinkRequest& request) {
  const ByteSpan octets = request.finish(++sequence_);
  reinterpret_cast<nlmsghdr*>(octets.data())->nlmsg_flags |= NLM_F_ACK;
  if (send(fd_.get(), octets.data(), octets.size(), 0) < 0) return errno;
  return receive(sequence_, [](const nlmsghdr&) {});
}

int Netlink::dump(NetlinkRequest& request, const std::function<void(const nlmsghdr&)>& visit) {
  const ByteSpan octets = request.finish(++sequence_);
  reinterpret_cast<nlmsghdr*>(octets.data())->nlmsg_flags |= NLM_F_DUMP;
  if (send(fd_.get(), octets.data(), octets.size(), 0) < 0) return errno;
  return receive(sequence_, visit);
}

int Netlink::receive(std::uint32_t sequence, const std::function<void(const nlmsghdr&)>& visit) {
  std::vector<std::uint8_t> buffer(32 * 1024);
  for (;;) {
    const ssize_t received = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return errno;
    int left = static_cast<int>(received);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, static_cast<unsigned>(left));
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_seq != sequence) continue;
      if (message->nlmsg_type == NLMSG_DONE) return 0;
      if (message->nlmsg_type == NLMSG_ERROR) return -reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
      visit(*message);
    }
  }
}

}  // namespace srwan
