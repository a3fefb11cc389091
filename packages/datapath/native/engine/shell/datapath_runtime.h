// One datapath: keys, clock, counters and engine for life; socket, TUN, routes and thread between start and stop.
#pragma once

#include <map>

#include "engine/shell/datapath_features.h"
#include "engine/shell/io_loop.h"
#include "engine/shell/overlay_routes.h"

namespace srwan {

struct RuntimeInit {
  EngineInit engine;
  UnderlayEndpoint listen;
  std::optional<TunInit> tun;
  std::uint32_t mark = 0;
  // 1 to MAX_THREADS.
  std::uint32_t threads = automaticThreads();
};

// Methods are for one thread, JavaScript's.
class DatapathRuntime {
 public:
  // @param wake called by the datapath's thread when there are events
  DatapathRuntime(RuntimeInit init, std::function<void()> wake);
  ~DatapathRuntime();

  // @throws ShellError; nothing is left half-started then
  void start();
  // Idempotent.
  void stop();
  bool running() const { return !loops_.empty(); }

  // @returns whether anything differs from what runs · @throws ConfigError
  bool reconfigure(EngineConfig config);
  bool sendDatagram(Sid to, ByteView payload);
  void setColumnPart(std::vector<std::uint8_t> part, std::vector<std::pair<Sid, std::uint16_t>> columnSeen);
  enum class Comparison : std::uint8_t { started, limit, unknownEndpoint };
  Comparison comparePaths(PathComparisonRequest request);
  void cancelComparison(std::uint32_t id);
  // Its result has been delivered.
  void comparisonDone() { comparisons_ = comparisons_ > 0 ? comparisons_ - 1 : 0; }
  std::vector<SessionSnapshot> sessions();
  // Each ended session once.
  std::vector<SessionSnapshot> takeEndedSessions();
  // @throws ConfigError where it does not run
  DatapathFeatures features() const;
  void adjustClock(Nanos step, bool setDrift, std::int64_t driftPpb);

  const PublicKey& publicKey() const { return keys_.publicKey(); }
  const UnderlayEndpoint& listenEndpoint() const { return listenEndpoint_; }
  MeasuringClock& clock() { return clock_; }
  CounterBank& counters() { return counters_; }
  EventQueue& events() { return events_; }

 private:
  void run(CommandQueue::Command command);
  // Asks the engine and waits a moment. @returns nothing where it is too busy to answer
  template <class T>
  T ask(std::function<T(Engine&, Nanos)> question);
  void applyRoutes();
  void applySteering();
  // Sockets and TUN queues of all lanes.
  std::vector<LaneDevices> openDevices();
  void openSharedSockets(std::vector<LaneDevices>& devices, UdpSocketOptions options);
  std::vector<EngineParts::LaneParts> laneParts();

  RuntimeInit init_;
  SystemRandom random_;
  SystemTime time_;
  KeyPair keys_;
  CounterBank counters_;
  MeasuringClock clock_;
  EventQueue events_;
  // One for each lane; never moved.
  std::vector<ShellOutput> outputs_;
  Engine engine_;
  EngineGate gate_;
  std::atomic<Nanos> timerAt_{NEVER};
  CommandQueue commands_;
  UnderlayEndpoint listenEndpoint_;
  std::unique_ptr<OverlayRoutes> routes_;
  // The first lane's first; empty while it does not run.
  std::vector<std::unique_ptr<IoLoop>> loops_;
  bool steering_ = false;
  std::optional<EngineConfig> config_;
  std::map<Sid, TokenBucket> datagramsOut_;
  std::size_t comparisons_ = 0;
  // Ended sessions up to here have been handed out.
  std::uint64_t endedTaken_ = 0;
};

class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const ConfigProblem& problem) : std::runtime_error(problem.message), field_(problem.field) {}
  const std::string& field() const { return field_; }

 private:
  std::string field_;
};

}  // namespace srwan
