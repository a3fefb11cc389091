// Several engines on one virtual network and clock, in one process.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>

#include "engine/engine.h"

namespace srwan::test {

// Seeded; a failing test prints the seed.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : generator_(seed) {}
  void fill(ByteSpan out) override {
    if (!forced.empty() && out.size() == 4) {
      const std::uint32_t value = forced.front();
      forced.pop();
      for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
      return;
    }
    for (auto& octet : out) octet = static_cast<std::uint8_t>(generator_());
  }
  // What the next draws of 32 bits return.
  std::queue<std::uint32_t> forced;

 private:
  std::mt19937_64 generator_;
};

class VirtualTime final : public TimeSource {
 public:
  Nanos value = 1000 * SECOND;
  Nanos suspended = 0;
  Nanos raw() override { return value; }
  Nanos monotonic() override { return value; }
  Nanos boottime() override { return value + suspended; }
};

struct SentDatagram {
  std::size_t from;
  std::size_t to;
  std::vector<std::uint8_t> octets;
};

class VirtualNetwork;

struct VirtualNode final : public Output {
  VirtualNode(VirtualNetwork& network, std::size_t index, EngineInit init);

  void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) override;
  ByteSpan reserve(std::size_t size) override { return ByteSpan(reserved).first(size); }
  void writeTun(ByteView packet) override { delivered.emplace_back(packet.begin(), packet.end()); }
  void event(Event&& event) override { events.push_back(std::move(event)); }
  void setDeviceMtu(std::size_t mtu) override { deviceMtu = mtu; }

  template <class T>
  std::vector<T> eventsOf() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* match = std::get_if<T>(&event)) found.push_back(*match);
    }
    return found;
  }
  std::uint64_t count(Counter counter) const { return counters.get(counter); }

  // Nothing leaves, so that several threads may send.
  bool unplugged = false;
  std::atomic<std::uint64_t> sentUnplugged = 0;

  VirtualNetwork& network;
  std::size_t index;
  EngineInit init;
  SeededRandom random;
  KeyPair keys;
  Counters counters;
  MeasuringClock clock;
  std::unique_ptr<Engine> engine;
  EngineConfig config;
  std::vector<std::vector<std::uint8_t>> delivered;
  std::vector<Event> events;
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> reserved{};
  // What the TUN was last set to; 0 = never.
  std::size_t deviceMtu = 0;
};

struct NetworkOptions {
  std::size_t nodes = 2;
  Nanos delay = 10 * MILLISECOND;
  Nanos probeInterval = 10 * SECOND;
  Nanos rekeyInterval = 120 * SECOND;
  Nanos sessionLifetime = 3600 * SECOND;
  bool transit = true;
  // Keeps everything that was sent and looks for repeated nonces; too much for long runs.
  bool audit = true;
  // Of each engine, all on this thread unless a test uses others.
  std::size_t lanes = 1;
  // Nodes that have no AES instructions.
  std::set<std::size_t> preferringChaCha = {};
};

class VirtualNetwork {
 public:
  static constexpr std::uint64_t SEED = 20261121;

  explicit VirtualNetwork(NetworkOptions options);

  VirtualNode& node(std::size_t index) { return *nodes[index]; }
  // Everybody knows everybody, with a default policy to each.
  void configureAll();
  void configure(std::size_t index);
  PeerConfig peerConfig(std::size_t self, std::size_t other);
  // Segment lists by node indexes. The first pair is active, the second standby.
  PolicyConfig policy(std::size_t self, std::size_t endpoint, std::vector<std::vector<std::size_t>> forward,
                      std::vector<std::vector<std::size_t>> reverse);
  void setPolicy(std::size_t self, PolicyConfig policy);
  // The node starts again: new key, nothing remembered. The others are not told.
  void restart(std::size_t index);
  // Cuts or mends one way.
  void cut(std::size_t from, std::size_t to) { cuts.insert({from, to}); }
  void cutBoth(std::size_t a, std::size_t b) { cut(a, b), cut(b, a); }
  void mend() { cuts.clear(); }

  void run(Nanos duration);
  bool runUntil(const std::function<bool()>& done, Nanos limit = 20 * SECOND);
  // A packet of a program on `from`: IPv6, from its overlay address to that of `to`.
  void program(std::size_t from, std::size_t to, const std::string& text = "payload", std::uint8_t hopLimit = 64);
  void programRaw(std::size_t from, std::vector<std::uint8_t> packet);
  // A datagram that arrives from an address of nobody, or from the one given.
  void inject(std::size_t to, std::vector<std::uint8_t> octets);
  void inject(std::size_t to, std::vector<std::uint8_t> octets, const UnderlayEndpoint& from);
  // Where a node listens.
  static UnderlayEndpoint endpointOf(std::size_t index);

  void transmit(std::size_t from, const UnderlayEndpoint& to, ByteView datagram);

  NetworkOptions options;
  VirtualTime time;
  std::vector<std::unique_ptr<VirtualNode>> nodes;
  std::set<std::pair<std::size_t, std::size_t>> cuts;
  // Everything that was ever sent, lost or not.
  std::vector<SentDatagram> sent;
  // One-way delay of each link; `options.delay` where it is not set.
  std::function<Nanos(std::size_t from, std::size_t to)> delayOf;
  // Called for each datagram before it arrives; false = lost.
  std::function<bool(SentDatagram&)> filter;
  // When copies of a datagram arrive, after it was sent; none = lost. Without it one, after `options.delay`.
  std::function<std::vector<Nanos>(const SentDatagram&)> copies;
  // Sent to addresses of nobody.
  std::uint64_t strayOctets = 0;
  std::uint64_t nonceRepeats = 0;
  // Times that a path id stood for two lists in one epoch of a session.
  std::uint64_t pathIdReuses = 0;

 private:
  struct InFlight {
    Nanos at;
    std::uint64_t order;
    SentDatagram datagram;
  };
  struct Later {
    bool operator()(const InFlight& a, const InFlight& b) const {
      return std::tie(a.at, a.order) > std::tie(b.at, b.order);
    }
  };

  void audit(std::size_t to, ByteView datagram);

  std::priority_queue<InFlight, std::vector<InFlight>, Later> queue_;
  std::uint64_t order_ = 0;
  // Nonces by what names the key on the wire; a transit's copy of a packet is told by its header's segmentsLeft.
  struct Sealed {
    std::vector<std::uint8_t> octets;
    Nanos at = 0;
  };
  std::map<std::vector<std::uint8_t>, Sealed> nonces_;
  std::map<std::vector<std::uint8_t>, Sealed> lists_;
};

inline Sid sidOf(std::size_t index) { return 0x1000'0000'0000'0001ULL + index; }
IpPrefix overlayOf(std::size_t index);
std::vector<std::uint8_t> ipv6Packet(const IpAddress& source, const IpAddress& destination, const std::string& text,
                                     std::uint8_t hopLimit = 64);

}  // namespace srwan::test
