#include "engine/shell/tun_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

#include "engine/basic_types.h"
#include "engine/shell/shell_error.h"

namespace srwan {
namespace {

// Of linux/if_tun.h since 6.2, which older headers lack.
constexpr unsigned OFFLOAD_USO = 0x20 | 0x40;
constexpr unsigned OFFLOAD_TSO = TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

FileDescriptor openTun() {
  FileDescriptor fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.valid()) return fd;
  const int error = errno;
  if (error == EPERM || error == EACCES)
    throw ShellError("ERR_NO_PRIVILEGE", systemMessage("cannot open /dev/net/tun", error),
                     "run as root, or allow this user to read and write it");
  throw ShellError("ERR_NO_DEVICE", systemMessage("cannot open /dev/net/tun", error),
                   "load the module with `modprobe tun`; in a container pass `--device /dev/net/tun`");
}

// @returns 0 or the kernel's error number
int attach(int fd, const TunOptions& options, bool virtioHeader) {
  ifreq request{};
  int flags = IFF_TUN | IFF_NO_PI;
  if (options.multiQueue) flags |= IFF_MULTI_QUEUE;
  if (virtioHeader) flags |= IFF_VNET_HDR;
  request.ifr_flags = static_cast<short>(flags);
  options.name.copy(request.ifr_name, IFNAMSIZ - 1);
  return ioctl(fd, TUNSETIFF, &request) == 0 ? 0 : errno;
}

TunOffload bestOffload(int fd, TunOffload limit) {
  constexpr std::pair<TunOffload, unsigned> CHOICES[] = {
      {TunOffload::tsoUso, TUN_F_CSUM | OFFLOAD_TSO | OFFLOAD_USO},
      {TunOffload::tso, TUN_F_CSUM | OFFLOAD_TSO},
      {TunOffload::checksum, TUN_F_CSUM},
  };
  for (const auto& [offload, flags] : CHOICES) {
    if (offload <= limit && ioctl(fd, TUNSETOFFLOAD, flags) == 0) return offload;
  }
  return TunOffload::none;
}

// @param fd replaced where the device is opened anew
TunOffload attachWithOffload(FileDescriptor& fd, const TunOptions& options) {
  int error = EINVAL;
  if (options.offload != TunOffload::none) {
    error = attach(fd.get(), options, true);
    if (error == 0) {
      const TunOffload offload = bestOffload(fd.get(), options.offload);
      if (offload != TunOffload::none) return offload;
      fd = FileDescriptor();
      fd = openTun();
      error = EINVAL;
    }
  }
  if (error == EINVAL) error = attach(fd.get(), options, false);
  if (error == 0) return TunOffload::none;
  if (error == EBUSY)
    throw ShellError("ERR_ALREADY_RUNNING", "the device " + options.name + " is in use by another process",
                     "stop it, or choose another device name");
  throwSystemError("cannot create the device " + options.name, error);
}

}  // namespace

TunDevice::TunDevice(const TunOptions& options)
    : fd_(openTun()),
      control_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      name_(options.name),
      offload_(attachWithOffload(fd_, options)),
      coalescer_(*this, {offload_ >= TunOffload::tso, offload_ == TunOffload::tsoUso}) {}

std::size_t TunDevice::longestPacket() const {
  return offload_ >= TunOffload::tso ? MAX_SUPER_PACKET : MAX_INNER_PACKET;
}

TunDevice::Read TunDevice::read(ByteSpan out, std::size_t& size, PacketOffload& offload) {
  std::array<std::uint8_t, VIRTIO_HEADER_OCTETS> header{};
  iovec pieces[] = {{header.data(), header.size()}, {out.data(), out.size()}};
  const bool plain = offload_ == TunOffload::none;
  const ssize_t octets = plain ? ::read(fd_.get(), out.data(), out.size()) : readv(fd_.get(), pieces, 2);
  if (octets < 0) return errno == EAGAIN || errno == EINTR ? Read::nothing : Read::gone;
  if (octets == 0) return Read::nothing;
  size = static_cast<std::size_t>(octets);
  offload = {};
  if (plain) return Read::packet;
  if (size <= VIRTIO_HEADER_OCTETS) return Read::malformed;
  size -= VIRTIO_HEADER_OCTETS;
  const auto parsed = PacketOffload::parse(header, out.first(size));
  if (!parsed) return Read::malformed;
  offload = *parsed;
  return Read::packet;
}

void TunDevice::write(ByteView packet) {
  if (offload_ != TunOffload::none) return coalescer_.add(packet);
  if (::write(fd_.get(), packet.data(), packet.size()) != static_cast<ssize_t>(packet.size())) ++lost_;
}

void TunDevice::takeCoalesced(std::span<const iovec> pieces, std::size_t packets) {
  if (writev(fd_.get(), pieces.data(), static_cast<int>(pieces.size())) < 0) lost_ += packets;
}

std::size_t TunDevice::takeLost() { return std::exchange(lost_, 0); }

bool TunDevice::setMtu(std::uint32_t mtu) {
  ifreq request{};
  name_.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_mtu = static_cast<int>(mtu);
  return ioctl(control_.get(), SIOCSIFMTU, &request) == 0;
}

}  // namespace srwan
