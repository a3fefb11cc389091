#include "engine/shell/datapath_runtime.h"

#include <algorithm>
#include <condition_variable>

#include "engine/shell/shell_error.h"
#include "engine/shell/steering.h"

namespace srwan {
namespace {

constexpr Nanos SNAPSHOT_WAIT = 2 * SECOND;

// Of the socket for what comes from addresses of no member: room for those that have moved, not for a flood.
constexpr int STRANGERS_BUFFER = 256 * 1024;

std::vector<ShellOutput> outputsOf(CounterBank& counters, EventQueue& events, std::size_t lanes) {
  std::vector<ShellOutput> outputs;
  outputs.reserve(lanes);
  for (std::size_t i = 0; i < lanes; ++i) outputs.emplace_back(counters[i], events);
  return outputs;
}

// Overlay addresses are on the device; everything else needs a route.
bool isOverlay(const IpPrefix& prefix) {
  static const IpPrefix overlay = *IpPrefix::parse("fd53:5257::/32");
  return prefix.length >= overlay.length && overlay.contains(prefix.address);
}

}  // namespace

DatapathRuntime::DatapathRuntime(RuntimeInit init, std::function<void()> wake)
    : init_(std::move(init)),
      keys_(KeyPair::generate(random_)),
      clock_(time_, static_cast<std::uint16_t>(random_.next32())),
      events_(counters_.front(), std::move(wake)),
      outputs_(outputsOf(counters_, events_, init_.threads)),
      engine_(init_.engine, {keys_, random_, clock_, laneParts()}),
      gate_(init_.threads),
      listenEndpoint_(init_.listen) {}

DatapathRuntime::~DatapathRuntime() { stop(); }

std::vector<EngineParts::LaneParts> DatapathRuntime::laneParts() {
  std::vector<EngineParts::LaneParts> parts;
  for (std::size_t i = 0; i < outputs_.size(); ++i) parts.push_back({outputs_[i], counters_[i]});
  return parts;
}

std::vector<LaneDevices> DatapathRuntime::openDevices() {
  std::vector<LaneDevices> devices(init_.threads);
  for (LaneDevices& lane : devices) {
    if (init_.tun)
      lane.tun = std::make_unique<TunDevice>(TunOptions{.name = init_.tun->name, .multiQueue = init_.threads > 1});
  }
  UdpSocketOptions options{.listen = init_.listen, .mark = init_.mark, .markRequired = init_.tun.has_value()};
  {
    // Sockets that share a port would share it with another datapath as well: this one finds out.
    const UdpSocket exclusive(options);
    options.listen = exclusive.local();
  }
  openSharedSockets(devices, options);
  return devices;
}

void DatapathRuntime::openSharedSockets(std::vector<LaneDevices>& devices, UdpSocketOptions options) {
  options.shared = true;
  for (LaneDevices& lane : devices) lane.socket = std::make_unique<UdpSocket>(options);
  UdpSocketOptions strangers = options;
  strangers.bufferOctets = STRANGERS_BUFFER;
  devices.front().strangers = std::make_unique<UdpSocket>(strangers);
  steering_ = steer(devices.front().socket->fd(), devices.size(), {});
  if (steering_) return;
  // One socket then, and lanes but the first only send.
  for (LaneDevices& lane : devices) lane.socket.reset();
  devices.front().strangers.reset();
  for (LaneDevices& lane : devices) {
    lane.socket = std::make_unique<UdpSocket>(options);
    options.listen.port = 0;
  }
}

void DatapathRuntime::start() {
  if (running()) return;
  auto devices = openDevices();
  auto routes = init_.tun ? std::make_unique<OverlayRoutes>(*init_.tun, init_.mark) : nullptr;
  listenEndpoint_ = devices.front().socket->local();
  try {
    for (unsigned lane = 0; lane < devices.size(); ++lane) {
      loops_.push_back(std::make_unique<IoLoop>(
          IoLoopParts{engine_, gate_, lane, outputs_[lane], clock_, counters_[lane], commands_, timerAt_},
          std::move(devices[lane])));
    }
  } catch (...) {
    stop();
    throw;
  }
  routes_ = std::move(routes);
  applyRoutes();
  applySteering();
}

void DatapathRuntime::stop() {
  routes_.reset();
  while (!loops_.empty()) loops_.pop_back();
  timerAt_ = NEVER;
}

void DatapathRuntime::run(CommandQueue::Command command) {
  if (running()) {
    commands_.post(std::move(command), true);
  } else {
    command(engine_, readClock(CLOCK_MONOTONIC));
  }
}

void DatapathRuntime::applySteering() {
  if (!running() || !steering_ || !config_) return;
  std::vector<UnderlayEndpoint> members;
  for (const PeerConfig& peer : config_->peers) members.push_back(peer.endpoint);
  steer(loops_.front()->socket().fd(), loops_.size(), members);
}

bool DatapathRuntime::reconfigure(EngineConfig config) {
  if (const auto problem = findConfigProblem(config, init_.engine.sid)) throw ConfigError(*problem);
  if (config_ && *config_ == config) return false;
  config_ = config;
  std::map<Sid, TokenBucket> buckets;
  for (const PeerConfig& peer : config.peers) {
    const auto known = datagramsOut_.find(peer.sid);
    buckets.emplace(peer.sid, known != datagramsOut_.end() ? known->second
                                                           : TokenBucket(Peer::DATAGRAM_RATE, Peer::DATAGRAM_BURST));
  }
  datagramsOut_ = std::move(buckets);
  run([config = std::move(config)](Engine& engine, Nanos now) { engine.reconfigure(config, now); });
  applyRoutes();
  applySteering();
  return true;
}

void DatapathRuntime::applyRoutes() {
  if (!routes_ || !config_) return;
  std::vector<IpPrefix> wanted;
  for (const PeerConfig& peer : config_->peers) {
    for (const IpPrefix& prefix : peer.prefixes) {
      const bool ours = std::find(config_->localPrefixes.begin(), config_->localPrefixes.end(), prefix) !=
                        config_->localPrefixes.end();
      if (!isOverlay(prefix) && !ours) wanted.push_back(prefix);
    }
  }
  for (const std::string& problem : routes_->apply(wanted, config_->localPrefixes))
    events_.push(FailureEvent{"ERR_NO_PRIVILEGE", problem}, readClock(CLOCK_MONOTONIC));
}

bool DatapathRuntime::sendDatagram(Sid to, ByteView payload) {
  const auto bucket = datagramsOut_.find(to);
  if (!running() || bucket == datagramsOut_.end() || payload.size() > MAX_DATAGRAM_OCTETS) return false;
  if (!bucket->second.take(readClock(CLOCK_MONOTONIC))) return false;
  return commands_.post([to, octets = std::vector<std::uint8_t>(payload.begin(), payload.end())](
                            Engine& engine, Nanos now) { engine.sendDatagram(to, octets, now); });
}

void DatapathRuntime::setColumnPart(std::vector<std::uint8_t> part,
                                    std::vector<std::pair<Sid, std::uint16_t>> columnSeen) {
  run([part = std::move(part), columnSeen = std::move(columnSeen)](Engine& engine, Nanos) {
    engine.setColumnPart(part, columnSeen);
  });
}

DatapathRuntime::Comparison DatapathRuntime::comparePaths(PathComparisonRequest request) {
  if (!datagramsOut_.contains(request.endpoint)) return Comparison::unknownEndpoint;
  if (comparisons_ >= MAX_COMPARISONS) return Comparison::limit;
  ++comparisons_;
  run([request = std::move(request)](Engine& engine, Nanos now) { engine.comparePaths(request, now); });
  return Comparison::started;
}

void DatapathRuntime::cancelComparison(std::uint32_t id) {
  comparisonDone();
  run([id](Engine& engine, Nanos) { engine.cancelComparison(id); });
}

template <class T>
T DatapathRuntime::ask(std::function<T(Engine&, Nanos)> question) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    T value{};
  };
  const auto answer = std::make_shared<Answer>();
  run([answer, question = std::move(question)](Engine& engine, Nanos now) {
    T value = question(engine, now);
    const std::lock_guard lock(answer->mutex);
    answer->value = std::move(value);
    answer->done = true;
    answer->ready.notify_one();
  });
  std::unique_lock lock(answer->mutex);
  answer->ready.wait_for(lock, std::chrono::nanoseconds(SNAPSHOT_WAIT), [&] { return answer->done; });
  return std::exchange(answer->value, {});
}

std::vector<SessionSnapshot> DatapathRuntime::sessions() {
  return ask<std::vector<SessionSnapshot>>([](Engine& engine, Nanos now) { return engine.sessions(now); });
}

std::vector<SessionSnapshot> DatapathRuntime::takeEndedSessions() {
  // The engine forgets only what an earlier answer has brought: one that comes too late loses nothing.
  const auto ended = ask<std::vector<EndedSessions::Ended>>([through = endedTaken_](Engine& engine, Nanos) {
    engine.forgetEnded(through);
    return engine.endedSessions();
  });
  std::vector<SessionSnapshot> list;
  for (const auto& one : ended) list.push_back(one.last);
  if (!ended.empty()) endedTaken_ = ended.back().number;
  return list;
}

DatapathFeatures DatapathRuntime::features() const {
  if (!running()) throw ConfigError({"", "the datapath is not running"});
  DatapathFeatures features;
  features.threads = init_.threads;
  features.cipher = init_.engine.preferredSuite;
  features.steering = steering_;
  features.tunOffload = loops_.front()->tunOffload();
  features.udpSegmentation = loops_.front()->socket().features().segmentation;
  features.udpReceiveOffload = loops_.front()->socket().features().receiveOffload;
  const int socket = loops_.front()->socket().fd();
  features.receiveBufferOctets = grantedBufferOctets(socket, SO_RCVBUF);
  features.sendBufferOctets = grantedBufferOctets(socket, SO_SNDBUF);
  features.wantedBufferOctets = DEFAULT_SOCKET_BUFFER;
  return features;
}

void DatapathRuntime::adjustClock(Nanos step, bool setDrift, std::int64_t driftPpb) {
  clock_.adjust(step, setDrift, driftPpb);
  // The engine notices a new clock epoch at its next look, which is now.
  run([](Engine& engine, Nanos) { engine.checkClock(); });
}

}  // namespace srwan
