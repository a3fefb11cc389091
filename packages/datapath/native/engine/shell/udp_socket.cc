#include "engine/shell/udp_socket.h"

#include "engine/shell/shell_error.h"

namespace srwan {
namespace {

int openSocket(const UnderlayEndpoint& listen) {
  const int fd = socket(listen.version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throwSystemError("cannot open a UDP socket", errno);
  return fd;
}

bool takesOption(int fd, int option, int value) {
  return setsockopt(fd, UDP_OPTION_LEVEL, option, &value, sizeof value) == 0;
}

}  // namespace

UdpSocket::UdpSocket(const UdpSocketOptions& options)
    : fd_(openSocket(options.listen)),
      family_(options.listen.version == 4 ? AF_INET : AF_INET6),
      receiveOffload_(options.receiveOffload && takesOption(fd_.get(), UDP_OPTION_GRO, 1)),
      // A size of 0 changes nothing: each message brings its own.
      out_(fd_.get(), family_, options.segmentation && takesOption(fd_.get(), UDP_OPTION_SEGMENT, 0)) {
  configure(options);
  bindTo(options.listen);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  local_ = fromSockaddr(address);
  local_.version = options.listen.version;
}

void UdpSocket::configure(const UdpSocketOptions& options) {
  const int off = 0;
  const int on = 1;
  if (family_ == AF_INET6) setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // DF set, and no ICMP that anybody could have sent changes what we do.
  const int probe4 = IP_PMTUDISC_PROBE;
  const int probe6 = IPV6_PMTUDISC_PROBE;
  setsockopt(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, &probe4, sizeof probe4);
  if (family_ == AF_INET6) setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof probe6);
  setsockopt(fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (options.shared) setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  for (const auto& [forced, limited] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
    const int size = options.bufferOctets;
    if (setsockopt(fd_.get(), SOL_SOCKET, forced, &size, sizeof size) != 0)
      setsockopt(fd_.get(), SOL_SOCKET, limited, &size, sizeof size);
  }
  if (options.mark == 0) return;
  const bool marked = setsockopt(fd_.get(), SOL_SOCKET, SO_MARK, &options.mark, sizeof options.mark) == 0;
  if (!marked && options.markRequired) throwSystemError("cannot mark the outer packets", errno);
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

bool UdpSocket::stays(ByteView octets) const {
  if (in_.holds(octets)) return true;
  return octets.data() >= stable_.data() && octets.data() + octets.size() <= stable_.data() + stable_.size();
}

void UdpSocket::send(const UnderlayEndpoint& to, ByteView datagram, Counters& counters) {
  if (out_.holds(datagram) || stays(datagram)) return out_.add(to, datagram, counters);
  out_.addCopy(to, datagram, counters);
}

}  // namespace srwan
