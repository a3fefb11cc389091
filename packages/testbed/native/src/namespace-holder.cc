#include "namespace-holder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>

#include "failure.h"
#include "packet.h"

namespace wan {
namespace {

/// Packets that wait in the device before the emulator reads them.
constexpr int kDeviceQueue = 4000;
/// Octets that written packets may hold in the kernel; the default would make writes fail under load.
constexpr int kDeviceSendBuffer = 1 << 30;

void writeFile(const std::string& path, const std::string& text, bool required) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return;
  if (required) throw systemFailure("write " + path);
}

sockaddr addressOf(uint32_t address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address);
  sockaddr out{};
  std::memcpy(&out, &in, sizeof in);
  return out;
}

class Interface {
 public:
  Interface(int control, const std::string& name) : control_(control), name_(name) {}

  void address(uint32_t value, uint32_t prefixLength) const {
    ifreq request = named();
    request.ifr_addr = addressOf(value);
    call(SIOCSIFADDR, request, "set the address");
    request.ifr_netmask = addressOf(prefixLength == 0 ? 0 : ~0u << (32 - prefixLength));
    call(SIOCSIFNETMASK, request, "set the netmask");
  }
  void mtu(int value) const {
    ifreq request = named();
    request.ifr_mtu = value;
    call(SIOCSIFMTU, request, "set the MTU");
  }
  void queue(int packets) const {
    ifreq request = named();
    request.ifr_qlen = packets;
    // not allowed inside a user namespace: the default of 500 packets then has to do
    ioctl(control_, SIOCSIFTXQLEN, &request);
  }
  void up() const {
    ifreq request = named();
    call(SIOCGIFFLAGS, request, "read the flags");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    call(SIOCSIFFLAGS, request, "bring up");
  }

 private:
  ifreq named() const {
    ifreq request{};
    std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    return request;
  }
  void call(unsigned long operation, ifreq& request, const char* what) const {
    if (ioctl(control_, operation, &request) != 0) throw systemFailure(std::string(what) + " of " + name_);
  }

  int control_;
  std::string name_;
};

FileDescriptor openDevice() {
  FileDescriptor device(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!device) throw systemFailure("open /dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, kDeviceName, IFNAMSIZ - 1);
  // no IFF_VNET_HDR: the kernel then cuts super-packets and fills in checksums before it hands them over
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(device.get(), TUNSETIFF, &request) != 0) throw systemFailure(std::string("create ") + kDeviceName);
  ioctl(device.get(), TUNSETSNDBUF, &kDeviceSendBuffer);
  return device;
}

FileDescriptor makeNamespace(const HolderRequest& request) {
  if (unshare(CLONE_NEWNET) != 0) throw systemFailure("create a network namespace");
  FileDescriptor device = openDevice();
  const FileDescriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control) throw systemFailure("open a socket");
  writeFile(std::string("/proc/sys/net/ipv6/conf/") + kDeviceName + "/disable_ipv6", "1", false);
  const Interface loopback(control.get(), "lo");
  loopback.up();
  Interface(control.get(), "lo:1").address(request.marker, 32);
  const Interface underlay(control.get(), kDeviceName);
  underlay.mtu(kDeviceMtu);
  underlay.queue(kDeviceQueue);
  underlay.address(request.address, request.prefixLength);
  underlay.up();
  return device;
}

void sendDevice(int channel, int device) {
  char tag = 'd';
  iovec payload{&tag, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &device, sizeof(int));
  if (sendmsg(channel, &message, MSG_NOSIGNAL) < 0) throw systemFailure("pass the device");
}

[[noreturn]] void hold(const HolderRequest& request, int channel, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole foreground group; the supervisor decides
  prctl(PR_SET_NAME, ("hold:" + request.name).substr(0, 15).c_str());
  try {
    const FileDescriptor device = makeNamespace(request);
    sendDevice(channel, device.get());
  } catch (const Failure& failure) {
    const std::string report = "e" + failure.code() + " " + failure.what();
    if (write(channel, report.data(), report.size()) < 0) _exit(2);
    _exit(1);
  }
  close(channel);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  for (;;) pause();
}

}  // namespace

NamespaceHolder::NamespaceHolder(const HolderRequest& request) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw systemFailure("socketpair");
  channel_ = FileDescriptor(ends[0]);
  FileDescriptor theirs(ends[1]);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw systemFailure("fork");
  if (pid_ == 0) hold(request, theirs.get(), parent);
}

NamespaceHolder::~NamespaceHolder() {
  // moved-from holders have no channel; a holder that served its purpose dies with this process
  if (channel_ && pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

FileDescriptor NamespaceHolder::takeDevice() {
  char text[512];
  iovec payload{text, sizeof text};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  const ssize_t length = recvmsg(channel_.get(), &message, MSG_CMSG_CLOEXEC);
  if (length <= 0) throw Failure("ERR_SYSTEM", "a namespace holder died");
  if (text[0] == 'e') {
    const std::string report(text + 1, static_cast<size_t>(length) - 1);
    const size_t split = report.find(' ');
    throw Failure(report.substr(0, split), report.substr(split + 1));
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) throw Failure("ERR_SYSTEM", "a holder passed no device");
  int device = -1;
  std::memcpy(&device, CMSG_DATA(header), sizeof device);
  return FileDescriptor(device);
}

void becomeNamespaceRoot() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (user == 0) return;
  if (unshare(CLONE_NEWUSER) != 0) throw systemFailure("create a user namespace");
  writeFile("/proc/self/setgroups", "deny", false);
  writeFile("/proc/self/uid_map", "0 " + std::to_string(user) + " 1", true);
  writeFile("/proc/self/gid_map", "0 " + std::to_string(group) + " 1", true);
}

}  // namespace wan
