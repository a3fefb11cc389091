#include "engine/shell/io_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <csignal>

#include "engine/shell/shell_error.h"

namespace srwan {

void ShellOutput::sendDatagram(const UnderlayEndpoint& to, ByteView datagram) {
  if (socket == nullptr) return counters_.add(Counter::dropSocketError);
  socket->send(to, datagram, counters_);
}

ByteSpan ShellOutput::reserve(std::size_t size) {
  return socket == nullptr ? ByteSpan(unsent_).first(size) : socket->reserve(size, counters_);
}

void ShellOutput::writeTun(ByteView packet) {
  if (tun == nullptr || socket == nullptr) return counters_.add(Counter::dropTunError);
  tun->write(packet);
  if (!socket->stays(packet)) tun->flush();
}

void ShellOutput::setDeviceMtu(std::size_t mtu) {
  if (tun == nullptr || tun->setMtu(static_cast<std::uint32_t>(mtu))) return;
  event(FailureEvent{"ERR_NO_PRIVILEGE", "cannot change the MTU of the device " + tun->name()});
}

IoLoop::IoLoop(IoLoopParts parts, LaneDevices devices)
    : parts_(parts),
      lane_(parts.engine.lane(parts.lane)),
      devices_(std::move(devices)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!epoll_.valid() || !timer_.valid() || !wake_.valid()) throwSystemError("cannot watch the socket", errno);
  watch(devices_.socket->fd());
  watch(wake_.get());
  if (first()) {
    watch(timer_.get());
    watch(parts_.commands.fd());
  }
  if (devices_.strangers) watch(devices_.strangers->fd());
  if (devices_.tun) {
    watch(devices_.tun->fd());
    tunMemory_.reset(new std::array<std::uint8_t, TUN_MEMORY>);
    devices_.socket->setStableRegion(*tunMemory_);
  }
  parts_.output.socket = devices_.socket.get();
  parts_.output.tun = devices_.tun.get();
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
  const std::uint64_t one = 1;
  while (write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) continue;
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

template <class Work>
void IoLoop::alone(Passage& passage, Work work) {
  passage.alone([&] {
    work();
    // Only the first lane has a timer: another one that needs it earlier wakes it.
    if (!first() && parts_.engine.nextTimer() < parts_.timerAt.load(std::memory_order_relaxed))
      parts_.commands.wakeUp();
  });
}

void IoLoop::run() {
  const std::string name = "srwan-lane-" + std::to_string(parts_.lane);
  pthread_setname_np(pthread_self(), name.c_str());
  // The default of 50 µs would be most of a hop's delay.
  prctl(PR_SET_TIMERSLACK, 1);
  priority_.emplace();
  while (!stopping_.load(std::memory_order_acquire)) turn();
  if (!first()) return;
  onCommands();
  parts_.engine.shutdown(readClock(CLOCK_MONOTONIC));
  flush();
}

void IoLoop::turn() {
  if (first()) setTimer();
  std::array<epoll_event, 6> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
  for (int i = 0; i < count; ++i) {
    serve(events[static_cast<std::size_t>(i)].data.fd);
    flush();
  }
  if (!first()) return;
  onTimer();
  flush();
}

void IoLoop::serve(int fd) {
  if (fd == devices_.socket->fd()) return onSocket(*devices_.socket);
  if (devices_.tun && fd == devices_.tun->fd()) return onTun();
  if (devices_.strangers && fd == devices_.strangers->fd()) return onSocket(*devices_.strangers);
  if (first() && fd == parts_.commands.fd()) onCommands();
}

void IoLoop::onCommands() {
  Passage passage(parts_.gate, parts_.lane, parts_.engine.lanes());
  alone(passage, [&] { parts_.commands.run(parts_.engine, readClock(CLOCK_MONOTONIC)); });
}

void IoLoop::onTimer() {
  Passage passage(parts_.gate, parts_.lane, parts_.engine.lanes());
  if (parts_.engine.nextTimer() > readClock(CLOCK_MONOTONIC)) return;
  alone(passage, [&] { parts_.engine.onTimer(readClock(CLOCK_MONOTONIC)); });
}

void IoLoop::setTimer() {
  Passage passage(parts_.gate, parts_.lane, parts_.engine.lanes());
  const Nanos at = parts_.engine.nextTimer();
  if (at == parts_.timerAt.load(std::memory_order_relaxed)) return;
  parts_.timerAt.store(at, std::memory_order_relaxed);
  itimerspec spec{};
  if (at != NEVER) {
    const Nanos when = std::max<Nanos>(at, 1);
    spec.it_value = {static_cast<time_t>(when / SECOND), static_cast<long>(when % SECOND)};
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void IoLoop::onSocket(UdpSocket& socket) {
  const auto datagrams = socket.receive();
  Passage passage(parts_.gate, parts_.lane, parts_.engine.lanes());
  lane_.now = readClock(CLOCK_MONOTONIC);
  priority_->note(socket.batch().messages, socket.batch().octets, lane_.now);
  const Nanos realtime = readClock(CLOCK_REALTIME);
  const Nanos measured = parts_.clock.now();
  for (ReceivedDatagram& datagram : datagrams) {
    // The kernel's own time of arrival: what the thread took to wake up is no part of the way. A stepped calendar is
    // not believed.
    const Nanos waited = datagram.kernelTime == 0 ? 0 : realtime - datagram.kernelTime;
    lane_.arrival = waited > 0 && waited < SECOND ? measured - waited : measured;
    switch (parts_.engine.tryDatagram(lane_, datagram.octets)) {
      case Outcome::done:
        break;
      case Outcome::control:
        alone(passage, [&] { parts_.engine.onDatagram(lane_, datagram.octets, datagram.from); });
        break;
      case Outcome::content:
        alone(passage, [&] { parts_.engine.onContent(lane_); });
        break;
    }
  }
}

void IoLoop::onTun() {
  Passage passage(parts_.gate, parts_.lane, parts_.engine.lanes());
  lane_.now = readClock(CLOCK_MONOTONIC);
  const MessageBatch batch = readTun(passage);
  priority_->note(batch.messages, batch.octets, lane_.now);
}

MessageBatch IoLoop::readTun(Passage& passage) {
  ByteSpan free(*tunMemory_);
  MessageBatch batch;
  while (batch.messages < TUN_BATCH && batch.octets < TUN_OCTETS) {
    std::size_t size = 0;
    PacketOffload offload;
    switch (devices_.tun->read(free.subspan(HEADROOM, devices_.tun->longestPacket()), size, offload)) {
      case TunDevice::Read::nothing:
        return batch;
      case TunDevice::Read::gone:
        tunIsGone();
        return batch;
      case TunDevice::Read::malformed:
        ++batch.messages;
        parts_.counters.add(Counter::dropMalformed);
        continue;
      case TunDevice::Read::packet:
        break;
    }
    ++batch.messages;
    batch.octets += size;
    free = free.subspan(onTunPacket(passage, free, size, offload));
  }
  return batch;
}

std::size_t IoLoop::onTunPacket(Passage& passage, ByteSpan free, std::size_t size, const PacketOffload& offload) {
  const std::size_t used = HEADROOM + size + TAILROOM;
  if (!parts_.engine.tryTun(lane_, free.first(used), size, offload))
    alone(passage, [&] { parts_.engine.onTun(lane_, free.first(used), size, offload); });
  // A super-packet has been cut into other memory.
  return offload.gso == Gso::none && size <= MAX_INNER_PACKET ? used : 0;
}

void IoLoop::tunIsGone() {
  parts_.counters.add(Counter::dropTunError);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, devices_.tun->fd(), nullptr);
  if (first()) parts_.output.event(FailureEvent{"ERR_NO_DEVICE", "the device " + devices_.tun->name() + " is gone"});
}

void IoLoop::flush() {
  devices_.socket->flush(parts_.counters);
  if (!devices_.tun) return;
  devices_.tun->flush();
  parts_.counters.add(Counter::dropTunError, devices_.tun->takeLost());
}

}  // namespace srwan
