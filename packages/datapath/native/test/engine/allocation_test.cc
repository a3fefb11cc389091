// The data path allocates nothing once it runs.
#include <cstdlib>
#include <new>

#include "virtual_network.h"

namespace {

std::size_t allocations = 0;

}  // namespace

// A sanitizer has an allocator of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool COUNTED = false;
#else
constexpr bool COUNTED = true;
// Not inlined: GCC would see free() where it expects the partner of the new that it knows.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace srwan::test {
namespace {

// Three engines wired without a network: a datagram is passed on in place.
struct Wire final : Output {
  void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) override {
    last = static_cast<std::size_t>(to.port - 1000);
    size = datagram.size();
    std::copy(datagram.begin(), datagram.end(), octets.begin());
    ++pending;
  }
  ByteSpan reserve(std::size_t size) override { return ByteSpan(reserved).first(size); }
  void writeTun(ByteView) override { ++delivered; }
  void event(Event&&) override {}

  std::size_t last = 0;
  std::size_t size = 0;
  std::size_t pending = 0;
  std::size_t delivered = 0;
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> octets{};
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> reserved{};
};

struct Machine {
  explicit Machine(std::size_t index, VirtualTime& time)
      : random(VirtualNetwork::SEED + index), keys(KeyPair::generate(random)), clock(time, 0) {
    EngineInit init;
    init.networkId = "test";
    init.sid = sidOf(index);
    engine = std::make_unique<Engine>(init, EngineParts{keys, random, clock, {{wire, counters}}});
  }
  SeededRandom random;
  KeyPair keys;
  MeasuringClock clock;
  Counters counters;
  Wire wire;
  std::unique_ptr<Engine> engine;
};

TEST(Allocation, thereIsNoneOnTheDataPathAfterWarmUp) {
  if (!COUNTED) GTEST_SKIP() << "a sanitizer allocates";
  VirtualTime time;
  std::array<std::unique_ptr<Machine>, 3> machines;
  for (std::size_t i = 0; i < 3; ++i) machines[i] = std::make_unique<Machine>(i, time);
  for (std::size_t self = 0; self < 3; ++self) {
    EngineConfig config;
    config.transit = true;
    config.localPrefixes = {overlayOf(self)};
    for (std::size_t other = 0; other < 3; ++other) {
      if (other == self) continue;
      PeerConfig peer;
      peer.sid = sidOf(other);
      peer.publicKey = machines[other]->keys.publicKey();
      peer.endpoint = *UnderlayEndpoint::parse("192.0.2.1", static_cast<std::uint16_t>(1000 + other));
      peer.prefixes = {overlayOf(other)};
      config.peers.push_back(peer);
    }
    if (self == 0) {
      PolicyConfig policy;
      policy.endpoint = sidOf(1);
      policy.forward = {{sidOf(2), sidOf(1)}};
      policy.reverse = {{sidOf(2), sidOf(0)}};
      config.policies = {policy};
    }
    ASSERT_FALSE(machines[self]->engine->reconfigure(config, time.value));
  }
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> packet{};
  const auto settle = [&] {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& machine : machines) {
        if (machine->wire.pending == 0) continue;
        moved = true;
        machine->wire.pending = 0;
        std::copy_n(machine->wire.octets.begin(), machine->wire.size, packet.begin());
        machines[machine->wire.last]->engine->onDatagram({packet.data(), machine->wire.size}, {}, time.value,
                                                         time.value);
      }
    }
  };
  const auto inner = ipv6Packet(overlayOf(0).address, overlayOf(1).address, std::string(1000, 'x'));
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> buffer{};
  const auto program = [&] {
    std::copy(inner.begin(), inner.end(), buffer.begin() + HEADROOM);
    machines[0]->engine->onTun(buffer, inner.size(), time.value);
    settle();
  };
  program();
  // One datagram at a time goes through this wire: what else was sent at once is repeated.
  for (int i = 0; i < 600 && machines[1]->wire.delivered == 0; ++i) {
    time.value += 10 * MILLISECOND;
    machines[0]->engine->onTimer(time.value);
    settle();
  }
  ASSERT_GE(machines[1]->wire.delivered, 1u);
  for (int i = 0; i < 10; ++i) program();
  const std::size_t delivered = machines[1]->wire.delivered;
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) program();
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(machines[1]->wire.delivered - delivered, 1000u);
}

}  // namespace
}  // namespace srwan::test
