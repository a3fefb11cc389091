#include "engine/shell/datapath_runtime.h"

#include <algorithm>
#include <condition_variable>

#include "engine/shell/shell_error.h"

namespace srwan {
namespace {

constexpr Nanos SNAPSHOT_WAIT = 2 * SECOND;

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
      events_(counters_, std::move(wake)),
      output_(counters_, events_),
      engine_(init_.engine, {keys_, random_, clock_, {{output_, counters_}}}),
      listenEndpoint_(init_.listen) {}

DatapathRuntime::~DatapathRuntime() { stop(); }

void DatapathRuntime::start() {
  if (loop_) return;
  auto tun = init_.tun ? std::make_unique<TunDevice>(TunOptions{init_.tun->name}) : nullptr;
  auto socket = std::make_unique<UdpSocket>(UdpSocketOptions{init_.listen, init_.mark, init_.tun.has_value()});
  auto routes = init_.tun ? std::make_unique<OverlayRoutes>(*init_.tun, init_.mark) : nullptr;
  listenEndpoint_ = socket->local();
  loop_ = std::make_unique<IoLoop>(IoLoopParts{engine_, output_, clock_, counters_, commands_}, std::move(socket),
                                   std::move(tun));
  routes_ = std::move(routes);
  applyRoutes();
}

void DatapathRuntime::stop() {
  routes_.reset();
  loop_.reset();
}

void DatapathRuntime::run(CommandQueue::Command command) {
  if (loop_) {
    commands_.post(std::move(command), true);
  } else {
    command(engine_, readClock(CLOCK_MONOTONIC));
  }
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
  if (!loop_ || bucket == datagramsOut_.end() || payload.size() > MAX_DATAGRAM_OCTETS) return false;
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

std::vector<SessionSnapshot> DatapathRuntime::sessions() {
  struct Answer {
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    std::vector<SessionSnapshot> list;
  };
  const auto answer = std::make_shared<Answer>();
  run([answer](Engine& engine, Nanos now) {
    auto list = engine.sessions(now);
    const std::lock_guard lock(answer->mutex);
    answer->list = std::move(list);
    answer->done = true;
    answer->ready.notify_one();
  });
  std::unique_lock lock(answer->mutex);
  answer->ready.wait_for(lock, std::chrono::nanoseconds(SNAPSHOT_WAIT), [&] { return answer->done; });
  return answer->list;
}

DatapathFeatures DatapathRuntime::features() const {
  if (!loop_) throw ConfigError({"", "the datapath is not running"});
  DatapathFeatures features;
  features.tunOffload = loop_->tunOffload();
  features.udpSegmentation = loop_->socket().features().segmentation;
  features.udpReceiveOffload = loop_->socket().features().receiveOffload;
  const int socket = loop_->socket().fd();
  features.receiveBufferOctets = grantedBufferOctets(socket, SO_RCVBUF);
  features.sendBufferOctets = grantedBufferOctets(socket, SO_SNDBUF);
  features.wantedBufferOctets = UdpSocket::BUFFER_SIZE;
  return features;
}

void DatapathRuntime::adjustClock(Nanos step, bool setDrift, std::int64_t driftPpb) {
  clock_.adjust(step, setDrift, driftPpb);
  // The engine notices a new clock epoch at its next look, which is now.
  run([](Engine& engine, Nanos) { engine.checkClock(); });
}

}  // namespace srwan
