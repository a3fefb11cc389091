// A lane's thread: its socket, its queue of the TUN, and for the first lane timers and commands.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "engine/shell/command_queue.h"
#include "engine/shell/engine_gate.h"
#include "engine/shell/event_queue.h"
#include "engine/shell/lane_priority.h"
#include "engine/shell/system_time.h"
#include "engine/shell/tun_device.h"
#include "engine/shell/udp_socket.h"

namespace srwan {

// What a lane's output goes to; to nothing while the datapath does not run.
class ShellOutput final : public Output {
 public:
  ShellOutput(Counters& counters, EventQueue& events) : counters_(counters), events_(events) {}

  void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) override;
  ByteSpan reserve(std::size_t size) override;
  void writeTun(ByteView packet) override;
  void setDeviceMtu(std::size_t mtu) override;
  void event(Event&& event) override { events_.push(std::move(event), readClock(CLOCK_MONOTONIC)); }

  UdpSocket* socket = nullptr;
  TunDevice* tun = nullptr;

 private:
  Counters& counters_;
  EventQueue& events_;
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> unsent_{};
};

struct IoLoopParts {
  Engine& engine;
  EngineGate& gate;
  unsigned lane;
  ShellOutput& output;
  MeasuringClock& clock;
  Counters& counters;
  CommandQueue& commands;
  // When the first lane's timer wakes it.
  std::atomic<Nanos>& timerAt;
};

struct LaneDevices {
  std::unique_ptr<UdpSocket> socket;
  // Null for a pure transit.
  std::unique_ptr<TunDevice> tun;
  // The first lane's only: what comes from addresses that no member has. Null where nothing tells them apart.
  std::unique_ptr<UdpSocket> strangers;
};

class IoLoop {
 public:
  // Starts the thread.
  IoLoop(IoLoopParts parts, LaneDevices devices);
  // Ends and joins it; after the first lane's, which has to end last, the engine has told the other hops.
  ~IoLoop();

  const UdpSocket& socket() const { return *devices_.socket; }
  TunOffload tunOffload() const { return devices_.tun ? devices_.tun->offload() : TunOffload::off; }

 private:
  // Packets that are read from the TUN before they are sent and the socket has its turn, and octets of super-packets: a
  // longer burst overruns the next hop's socket where its buffer is a default one.
  static constexpr std::size_t TUN_BATCH = 64;
  static constexpr std::size_t TUN_OCTETS = 64 * 1024;
  // Packets that are sealed where they were read, and behind them room for one of any size.
  static constexpr std::size_t TUN_MEMORY = TUN_BATCH * MAX_UDP_PAYLOAD + HEADROOM + MAX_SUPER_PACKET + TAILROOM;

  bool first() const { return parts_.lane == 0; }
  void run();
  void turn();
  void serve(int fd);
  void onSocket(UdpSocket& socket);
  void onTun();
  MessageBatch readTun(Passage& passage);
  // @returns octets used of `free`
  std::size_t onTunPacket(Passage& passage, ByteSpan free, std::size_t size, const PacketOffload& offload);
  void onCommands();
  void onTimer();
  void tunIsGone();
  void flush();
  void watch(int fd);
  void setTimer();
  template <class Work>
  void alone(Passage& passage, Work work);

  IoLoopParts parts_;
  Lane& lane_;
  LaneDevices devices_;
  FileDescriptor epoll_;
  FileDescriptor timer_;
  FileDescriptor wake_;
  std::unique_ptr<std::array<std::uint8_t, TUN_MEMORY>> tunMemory_;
  // Of the thread itself.
  std::optional<LanePriority> priority_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace srwan
