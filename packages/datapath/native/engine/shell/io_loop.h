// The datapath's thread: socket, TUN, timer and commands, one engine.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "engine/offload/inner_cutter.h"
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
  TunOffload tunOffload() const { return tun_ ? tun_->offload() : TunOffload::off; }

 private:
  // Packets that are read from the TUN before the socket has its turn, and about as many octets of super-packets.
  static constexpr std::size_t TUN_BATCH = 64;
  static constexpr std::size_t TUN_OCTETS = 256 * 1024;
  // Packets that are sealed where they were read, and behind them room for one of any size.
  static constexpr std::size_t TUN_MEMORY = TUN_BATCH * MAX_UDP_PAYLOAD + HEADROOM + MAX_SUPER_PACKET + TAILROOM;

  void run();
  void turn();
  void onSocket();
  void onTun();
  void cutSuperPacket(ByteView packet, const PacketOffload& offload, Nanos now);
  void tunIsGone();
  void flush();
  void watch(int fd);
  void setTimer();

  IoLoopParts parts_;
  std::unique_ptr<UdpSocket> socket_;
  std::unique_ptr<TunDevice> tun_;
  FileDescriptor epoll_;
  FileDescriptor timer_;
  Nanos timerAt_ = NEVER;
  std::unique_ptr<std::array<std::uint8_t, TUN_MEMORY>> tunMemory_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace srwan
