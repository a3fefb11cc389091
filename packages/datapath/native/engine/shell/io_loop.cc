#include "engine/shell/io_loop.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <csignal>

#include "engine/shell/shell_error.h"

namespace srwan {
namespace {

// Nice value of the datapath's thread.
constexpr int PRIORITY = -10;

}  // namespace

void ShellOutput::sendDatagram(const UnderlayEndpoint& to, ByteView datagram) {
  if (socket == nullptr) return counters_.add(Counter::dropSocketError);
  socket->send(to, datagram, counters_);
}

void ShellOutput::writeTun(ByteView packet) {
  if (tun == nullptr || socket == nullptr) return counters_.add(Counter::dropTunError);
  tun->write(packet);
  if (!socket->stays(packet)) tun->flush();
}

IoLoop::IoLoop(IoLoopParts parts, std::unique_ptr<UdpSocket> socket, std::unique_ptr<TunDevice> tun)
    : parts_(parts),
      socket_(std::move(socket)),
      tun_(std::move(tun)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!epoll_.valid() || !timer_.valid()) throwSystemError("cannot watch the socket", errno);
  watch(socket_->fd());
  watch(timer_.get());
  watch(parts_.commands.fd());
  if (tun_) {
    watch(tun_->fd());
    tunMemory_.reset(new std::array<std::uint8_t, TUN_MEMORY>);
    socket_->setStableRegion(*tunMemory_);
  }
  parts_.output.socket = socket_.get();
  parts_.output.tun = tun_.get();
  // Signals belong to JavaScript's thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

IoLoop::~IoLoop() {
  stopping_.store(true, std::memory_order_release);
  parts_.commands.wakeUp();
  thread_.join();
  parts_.output.socket = nullptr;
  parts_.output.tun = nullptr;
}

void IoLoop::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throwSystemError("cannot watch the socket", errno);
}

void IoLoop::run() {
  pthread_setname_np(pthread_self(), "srwan-datapath");
  // The default of 50 µs would be most of a hop's delay.
  prctl(PR_SET_TIMERSLACK, 1);
  // A packet should not wait for programs that compute; where it may not be raised the thread is one among others.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), PRIORITY);
  while (!stopping_.load(std::memory_order_acquire)) turn();
  parts_.commands.run(parts_.engine, readClock(CLOCK_MONOTONIC));
  parts_.engine.shutdown(readClock(CLOCK_MONOTONIC));
  flush();
}

void IoLoop::turn() {
  setTimer();
  std::array<epoll_event, 4> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == socket_->fd()) {
      onSocket();
    } else if (tun_ && fd == tun_->fd()) {
      onTun();
    } else if (fd == parts_.commands.fd()) {
      parts_.commands.run(parts_.engine, readClock(CLOCK_MONOTONIC));
    }
    flush();
  }
  const Nanos now = readClock(CLOCK_MONOTONIC);
  if (parts_.engine.nextTimer() <= now) {
    parts_.engine.onTimer(now);
    flush();
  }
}

void IoLoop::setTimer() {
  const Nanos at = parts_.engine.nextTimer();
  if (at == timerAt_) return;
  timerAt_ = at;
  itimerspec spec{};
  if (at != NEVER) {
    const Nanos when = std::max<Nanos>(at, 1);
    spec.it_value = {static_cast<time_t>(when / SECOND), static_cast<long>(when % SECOND)};
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void IoLoop::onSocket() {
  const auto datagrams = socket_->receive();
  const Nanos now = readClock(CLOCK_MONOTONIC);
  const Nanos realtime = readClock(CLOCK_REALTIME);
  const Nanos measured = parts_.clock.now();
  for (ReceivedDatagram& datagram : datagrams) {
    // The kernel's own time of arrival: what the thread took to wake up is no part of the way. A stepped calendar is
    // not believed.
    const Nanos waited = datagram.kernelTime == 0 ? 0 : realtime - datagram.kernelTime;
    const Nanos arrival = waited > 0 && waited < SECOND ? measured - waited : measured;
    parts_.engine.onDatagram(datagram.octets, datagram.from, now, arrival);
  }
}

void IoLoop::onTun() {
  const Nanos now = readClock(CLOCK_MONOTONIC);
  ByteSpan free(*tunMemory_);
  std::size_t octets = 0;
  for (std::size_t i = 0; i < TUN_BATCH && octets < TUN_OCTETS; ++i) {
    std::size_t size = 0;
    PacketOffload offload;
    switch (tun_->read(free.subspan(HEADROOM, tun_->longestPacket()), size, offload)) {
      case TunDevice::Read::nothing:
        return;
      case TunDevice::Read::gone:
        return tunIsGone();
      case TunDevice::Read::malformed:
        parts_.counters.add(Counter::dropMalformed);
        continue;
      case TunDevice::Read::packet:
        break;
    }
    octets += size;
    const ByteSpan packet = free.subspan(HEADROOM, size);
    if (offload.gso != Gso::none) {
      cutSuperPacket(packet, offload, now);
      continue;
    }
    if (size > MAX_INNER_PACKET) {
      parts_.counters.add(Counter::dropTooBig);
      continue;
    }
    if (offload.needsChecksum) completeChecksum(packet, offload);
    const std::size_t used = HEADROOM + size + TAILROOM;
    parts_.engine.onTun(free.first(used), size, now);
    free = free.subspan(used);
  }
}

// The kernel has sized TCP's segments by the device's MTU; what a program with a raw socket wrote is cut to what the
// engine takes.
void IoLoop::cutSuperPacket(ByteView packet, const PacketOffload& offload, Nanos now) {
  const InnerCutter cutter(packet, offload, MAX_INNER_PACKET);
  if (cutter.verdict() != InnerCutter::Verdict::cut)
    return parts_.counters.add(cutter.verdict() == InnerCutter::Verdict::tooBig ? Counter::dropTooBig
                                                                                : Counter::dropMalformed);
  for (std::size_t i = 0; i < cutter.count(); ++i) {
    const std::size_t size = cutter.size(i);
    const ByteSpan buffer = socket_->reserve(HEADROOM + size + TAILROOM, parts_.counters);
    cutter.write(i, buffer.subspan(HEADROOM, size));
    parts_.engine.onTun(buffer, size, now);
  }
}

void IoLoop::tunIsGone() {
  parts_.counters.add(Counter::dropTunError);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, tun_->fd(), nullptr);
  parts_.output.event(FailureEvent{"ERR_NO_DEVICE", "the device " + tun_->name() + " is gone"});
}

void IoLoop::flush() {
  socket_->flush(parts_.counters);
  if (!tun_) return;
  tun_->flush();
  parts_.counters.add(Counter::dropTunError, tun_->takeLost());
}

}  // namespace srwan
