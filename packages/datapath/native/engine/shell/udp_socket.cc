#include "engine/shell/udp_socket.h"

#include <algorithm>

#include "engine/shell/shell_error.h"

namespace srwan {
namespace {

socklen_t toSockaddr(const UnderlayEndpoint& endpoint, int family, sockaddr_storage& storage) {
  storage = {};
  if (family == AF_INET) {
    if (endpoint.version != 4) return 0;
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.address.data(), 4);
    return sizeof address;
  }
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  if (endpoint.version == 4) {
    // IPv4-mapped (RFC 4291, 2.5.5.2): one socket reaches both families.
    address.sin6_addr.s6_addr[10] = address.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&address.sin6_addr.s6_addr[12], endpoint.address.data(), 4);
  } else {
    std::memcpy(&address.sin6_addr, endpoint.address.data(), 16);
  }
  return sizeof address;
}

UnderlayEndpoint fromSockaddr(const sockaddr_storage& storage) {
  UnderlayEndpoint endpoint;
  if (storage.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage);
    endpoint.version = 4;
    endpoint.port = ntohs(address.sin_port);
    std::memcpy(endpoint.address.data(), &address.sin_addr, 4);
    return endpoint;
  }
  const auto& address = reinterpret_cast<const sockaddr_in6&>(storage);
  endpoint.port = ntohs(address.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    endpoint.version = 4;
    std::memcpy(endpoint.address.data(), &address.sin6_addr.s6_addr[12], 4);
  } else {
    endpoint.version = 6;
    std::memcpy(endpoint.address.data(), &address.sin6_addr, 16);
  }
  return endpoint;
}

std::int64_t kernelTimeOf(const msghdr& header) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
       item = CMSG_NXTHDR(const_cast<msghdr*>(&header), item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(item), sizeof time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  }
  return 0;
}

}  // namespace

UdpSocket::UdpSocket(const UnderlayEndpoint& listen, std::uint32_t mark, bool markRequired)
    : fd_(socket(listen.version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      family_(listen.version == 4 ? AF_INET : AF_INET6) {
  if (!fd_.valid()) throwSystemError("cannot open a UDP socket", errno);
  configure(mark, markRequired);
  bindTo(listen);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  local_ = fromSockaddr(address);
  local_.version = listen.version;
}

void UdpSocket::configure(std::uint32_t mark, bool markRequired) {
  const int off = 0;
  const int on = 1;
  if (family_ == AF_INET6) setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // DF set, and no ICMP that anybody could have sent changes what we do.
  const int probe4 = IP_PMTUDISC_PROBE;
  const int probe6 = IPV6_PMTUDISC_PROBE;
  setsockopt(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, &probe4, sizeof probe4);
  if (family_ == AF_INET6) setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof probe6);
  setsockopt(fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  for (const auto& [forced, limited] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
    if (setsockopt(fd_.get(), SOL_SOCKET, forced, &BUFFER_SIZE, sizeof BUFFER_SIZE) != 0)
      setsockopt(fd_.get(), SOL_SOCKET, limited, &BUFFER_SIZE, sizeof BUFFER_SIZE);
  }
  if (mark != 0 && setsockopt(fd_.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0 && markRequired)
    throwSystemError("cannot mark the outer packets", errno);
}

void UdpSocket::bindTo(const UnderlayEndpoint& listen) {
  sockaddr_storage address;
  const socklen_t size = toSockaddr(listen, family_, address);
  if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0) return;
  const int error = errno;
  const std::string where = listen.addressText() + " port " + std::to_string(listen.port);
  if (error == EADDRINUSE)
    throw ShellError("ERR_PORT_IN_USE",
                     "UDP port " + std::to_string(listen.port) + " of " + listen.addressText() + " is in use",
                     "choose another port, or 0 for any free one");
  if (error == EACCES || error == EPERM)
    throw ShellError("ERR_NO_PRIVILEGE", systemMessage("cannot bind to " + where, error), "use a port from 1024 on");
  throw ShellError("ERR_NO_DEVICE", systemMessage("cannot bind to " + where, error), "use an address of this machine");
}

std::span<ReceivedDatagram> UdpSocket::receive() {
  Slots& in = *in_;
  for (std::size_t i = 0; i < UDP_BATCH; ++i) {
    in.vectors[i] = {in.octets[i].data(), SLOT};
    in.messages[i] = {};
    msghdr& header = in.messages[i].msg_hdr;
    header.msg_name = &in.addresses[i];
    header.msg_namelen = sizeof in.addresses[i];
    header.msg_iov = &in.vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = in.control[i].data();
    header.msg_controllen = CONTROL;
  }
  const int count = recvmmsg(fd_.get(), in.messages.data(), UDP_BATCH, 0, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const bool truncated = (in.messages[at].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    received_[at] = {ByteSpan(in.octets[at].data(), truncated ? 0 : in.messages[at].msg_len),
                     fromSockaddr(in.addresses[at]), kernelTimeOf(in.messages[at].msg_hdr)};
  }
  return {received_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

bool UdpSocket::stays(ByteView datagram) const {
  const auto within = [&](const std::uint8_t* begin, std::size_t size) {
    return datagram.data() >= begin && datagram.data() + datagram.size() <= begin + size;
  };
  return within(in_->octets[0].data(), sizeof in_->octets) || within(stable_.data(), stable_.size());
}

void UdpSocket::send(const UnderlayEndpoint& to, ByteView datagram, Counters& counters) {
  if (queued_ == UDP_BATCH) flush(counters);
  Slots& out = *out_;
  const socklen_t size = toSockaddr(to, family_, out.addresses[queued_]);
  if (size == 0 || datagram.size() > SLOT) return counters.add(Counter::dropSocketError);
  auto* octets = const_cast<std::uint8_t*>(datagram.data());
  if (!stays(datagram)) {
    octets = out.octets[queued_].data();
    std::copy(datagram.begin(), datagram.end(), octets);
  }
  out.vectors[queued_] = {octets, datagram.size()};
  out.messages[queued_] = {};
  msghdr& header = out.messages[queued_].msg_hdr;
  header.msg_name = &out.addresses[queued_];
  header.msg_namelen = size;
  header.msg_iov = &out.vectors[queued_];
  header.msg_iovlen = 1;
  ++queued_;
}

void UdpSocket::flush(Counters& counters) {
  std::size_t done = 0;
  while (done < queued_) {
    const int sent = sendmmsg(fd_.get(), out_->messages.data() + done, static_cast<unsigned>(queued_ - done), 0);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    // The first of the rest cannot be sent; the others may.
    counters.add(errno == EAGAIN || errno == ENOBUFS ? Counter::dropQueueFull
                 : errno == EMSGSIZE                 ? Counter::dropTooBig
                                                     : Counter::dropSocketError);
    ++done;
  }
  queued_ = 0;
}

}  // namespace srwan
