// What one of the datapath's threads has to itself: where its packets leave, its counters, its time.
#pragma once

#include <optional>
#include <vector>

#include "engine/counters.h"
#include "engine/output.h"
#include "engine/prefix_table.h"
#include "engine/token_bucket.h"
#include "wire/segment_packet.h"

namespace srwan {

// At most so many lanes: the queue field of a stream has room for 256, a session for this many windows.
inline constexpr std::size_t MAX_LANES = std::tuple_size_v<CounterBank>;

// What opened and is not a packet of a program: for the control part of the engine.
struct OpenedContent {
  std::uint32_t session = 0;
  // The whole datagram.
  std::size_t octets = 0;
  // Where it arrived.
  ByteSpan plaintext;
  std::uint8_t pathId = 0;
  std::uint8_t color = 0;
};

struct alignas(64) Lane {
  Lane(unsigned index, Output& output, Counters& counters) : index(index), output(output), counters(counters) {}

  static constexpr std::int64_t ICMP_RATE = 100;
  static constexpr std::int64_t ICMP_BURST = 50;

  void drop(Counter counter) { counters.add(counter); }

  const unsigned index;
  Output& output;
  Counters& counters;
  // Scheduling time, and measuring clock at arrival, of what is being served.
  Nanos now = 0;
  Nanos arrival = 0;
  OpenedContent content;
  // Of inner packets from sessions, and from the TUN.
  LastPrefix arrivingSource;
  LastPrefix arrivingDestination;
  LastPrefix leavingSource;
  LastPrefix leavingDestination;
  // ICMP to senders of inner packets that go no further.
  TokenBucket icmpAnswers{ICMP_RATE, ICMP_BURST};
  // For a packet that is made of another one; good until the lane's next packet.
  std::array<std::uint8_t, MAX_UDP_PAYLOAD> scratch{};
};

// How far a lane came with a packet while others ran beside it.
enum class Outcome : std::uint8_t {
  // Sent on, delivered or dropped.
  done,
  // Untouched: it changes what lanes share, and has to come again when this one is alone.
  control,
  // Opened; `Lane::content` goes to the control part when this one is alone.
  content
};

// The lane that keeps the windows and keys of a stream. A sender's lanes spread over a receiver's, whatever their
// numbers.
inline unsigned laneOf(std::uint32_t session, std::uint16_t stream, std::size_t lanes) {
  return static_cast<unsigned>((session + (stream & 0xffu)) % lanes);
}

}  // namespace srwan
