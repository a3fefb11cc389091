#include "engine/shell/tun_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "engine/shell/shell_error.h"

namespace srwan {

TunDevice::TunDevice(const std::string& name)
    : fd_(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)), name_(name) {
  if (!fd_.valid()) {
    const int error = errno;
    if (error == EPERM || error == EACCES)
      throw ShellError("ERR_NO_PRIVILEGE", systemMessage("cannot open /dev/net/tun", error),
                       "run as root, or allow this user to read and write it");
    throw ShellError("ERR_NO_DEVICE", systemMessage("cannot open /dev/net/tun", error),
                     "load the module with `modprobe tun`; in a container pass `--device /dev/net/tun`");
  }
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(fd_.get(), TUNSETIFF, &request) == 0) return;
  const int error = errno;
  if (error == EBUSY)
    throw ShellError("ERR_ALREADY_RUNNING", "the device " + name + " is in use by another process",
                     "stop it, or choose another device name");
  throwSystemError("cannot create the device " + name, error);
}

int TunDevice::read(ByteSpan out) {
  const ssize_t size = ::read(fd_.get(), out.data(), out.size());
  if (size >= 0) return static_cast<int>(size);
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

bool TunDevice::write(ByteView packet) {
  return ::write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

}  // namespace srwan
