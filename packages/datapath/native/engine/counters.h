// The counters that JavaScript reads straight from memory. Order and names are part of the shared layout: append only.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace srwan {

inline constexpr std::uint32_t LAYOUT_VERSION = 2;

// One family of counters a line.
// clang-format off
#define SRWAN_COUNTERS(X) \
  X(probeTxOctets) X(probeRxOctets) X(probeTxPackets) X(probeRxPackets) \
  X(pathProbeTxOctets) X(pathProbeRxOctets) X(pathProbeTxPackets) X(pathProbeRxPackets) \
  X(datagramTxOctets) X(datagramRxOctets) X(datagramTxPackets) X(datagramRxPackets) \
  X(openTxOctets) X(openRxOctets) X(openTxPackets) X(openRxPackets) \
  X(handshakeTxOctets) X(handshakeRxOctets) X(handshakeTxPackets) X(handshakeRxPackets) \
  X(relayedTxOctets) X(relayedRxOctets) X(relayedTxPackets) X(relayedRxPackets) \
  X(dataTxOctets) X(dataRxOctets) X(dataTxPackets) X(dataRxPackets) \
  X(transitOctets) X(transitPackets) \
  X(tunTxOctets) X(tunRxOctets) X(tunTxPackets) X(tunRxPackets) \
  X(sessionsOpened) X(sessionsFailed) X(pathSwitches) X(rekeys) \
  X(dropMalformed) X(dropUnknownPeer) X(dropUnknownKey) X(dropAuthentication) X(dropReplay) X(dropUnknownSession) X(dropHopProof) \
  X(dropNotNextSegment) X(dropUnknownNextSegment) X(dropTransitRefused) X(dropSourceNotAllowed) X(dropDestinationNotAllowed) \
  X(dropNoRoute) X(dropNoSession) X(dropTtlExpired) X(dropTooBig) X(dropRateLimited) X(dropQueueFull) X(dropSocketError) \
  X(dropTunError) X(dropKeyEpoch) X(dropLimit) X(dropEventQueueFull) \
  X(echoTxOctets) X(echoRxOctets) X(echoTxPackets) X(echoRxPackets) X(echoMismatches) \
  X(dropPathTooNarrow) X(icmpAnswers) \
  X(cookiesSent) X(dropCookie)
// clang-format on

enum class Counter : std::uint8_t {
#define SRWAN_COUNTER_ENTRY(name) name,
  SRWAN_COUNTERS(SRWAN_COUNTER_ENTRY)
#undef SRWAN_COUNTER_ENTRY
};

inline constexpr std::string_view COUNTER_NAMES[] = {
#define SRWAN_COUNTER_NAME(name) #name,
    SRWAN_COUNTERS(SRWAN_COUNTER_NAME)
#undef SRWAN_COUNTER_NAME
};

inline constexpr std::size_t COUNTER_COUNT = std::size(COUNTER_NAMES);

// One writer (the thread of a lane) and any number of readers; relaxed atomic stores are plain moves on the machines
// we run on.
class Counters {
 public:
  void add(Counter counter, std::uint64_t amount = 1) {
    auto cell = std::atomic_ref<std::uint64_t>(cells_[static_cast<std::size_t>(counter)]);
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  // For the few that another thread counts (event queue).
  void addShared(Counter counter, std::uint64_t amount = 1) {
    std::atomic_ref<std::uint64_t>(cells_[static_cast<std::size_t>(counter)])
        .fetch_add(amount, std::memory_order_relaxed);
  }

  std::uint64_t get(Counter counter) const {
    return std::atomic_ref<std::uint64_t>(cells_[static_cast<std::size_t>(counter)]).load(std::memory_order_relaxed);
  }
  std::uint64_t* data() { return cells_.data(); }

 private:
  // Mutable because C++20's atomic_ref cannot refer to what is const.
  alignas(64) mutable std::array<std::uint64_t, COUNTER_COUNT> cells_{};
};

// A block for each lane, side by side; a counter's value is the sum over all of them.
using CounterBank = std::array<Counters, 8>;

}  // namespace srwan
