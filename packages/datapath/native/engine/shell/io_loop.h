// The datapath's thread: socket, TUN, timer and commands, one engine.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "engine/shell/command_queue.h"
#include "engine/shell/event_queue.h"
#include "engine/shell/system_time.h"
#include "engine/shell/tun_device.h"
#include "engine/shell/udp_socket.h"

namespace srwan {

// What the engine's output goes to; replaced by `nothing` while the datapath does not run.
class ShellOutput final : public Output {
 public:
  ShellOutput(Counters& counters, EventQueue& events) : counters_(counters), events_(events) {}

  void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) override;
  void writeTun(ByteView packet) override;
  void event(Event&& event) override { events_.push(std::move(event), readClock(CLOCK_MONOTONIC)); }

  UdpSocket* socket = nullptr;
  TunDevice* tun = nullptr;

 private:
  Counters& counters_;
  EventQueue& events_;
};

struct IoLoopParts {
  Engine& engine;
  ShellOutput& output;
  MeasuringClock& clock;
  Counters& counters;
  CommandQueue& commands;
};

class IoLoop {
 public:
  // Starts the thread. @param tun null for a pure transit
  IoLoop(IoLoopParts parts, std::unique_ptr<UdpSocket> socket, std::unique_ptr<TunDevice> tun);
  // Ends and joins it; the engine has then told the other hops.
  ~IoLoop();

  const UdpSocket& socket() const { return *socket_; }

 private:
  static constexpr std::size_t TUN_BATCH = 64;
  static constexpr std::size_t TUN_SLOT = MAX_UDP_PAYLOAD;

  void run();
  void turn();
  void onSocket();
  void onTun();
  void watch(int fd);
  void setTimer();

  IoLoopParts parts_;
  std::unique_ptr<UdpSocket> socket_;
  std::unique_ptr<TunDevice> tun_;
  FileDescriptor epoll_;
  FileDescriptor timer_;
  Nanos timerAt_ = NEVER;
  std::unique_ptr<std::array<std::array<std::uint8_t, TUN_SLOT>, TUN_BATCH>> tunBuffers_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace srwan
