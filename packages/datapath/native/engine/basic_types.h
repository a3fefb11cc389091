// Units and bounds that every part of the engine shares.
#pragma once

#include "wire/bytes.h"
#include "wire/segment_packet.h"
#include "wire/session_control.h"

namespace srwan {

// Scheduling time: CLOCK_MONOTONIC nanoseconds, or a virtual clock's.
using Nanos = std::int64_t;

inline constexpr Nanos MILLISECOND = 1'000'000;
inline constexpr Nanos SECOND = 1'000 * MILLISECOND;
inline constexpr Nanos NEVER = INT64_MAX;

// Octets that a caller of onTun leaves free before the packet, so that it is sealed where it lies.
inline constexpr std::size_t HEADROOM = segmentPlaintextOffset(MAX_SEGMENTS);
// Octets that it leaves free behind the packet.
inline constexpr std::size_t TAILROOM = AEAD_TAG_OCTETS;
// Largest UDP payload that the engine builds or accepts.
inline constexpr std::size_t MAX_UDP_PAYLOAD = 2048;
// Largest inner packet: what still fits behind the longest header.
inline constexpr std::size_t MAX_INNER_PACKET = MAX_UDP_PAYLOAD - HEADROOM - TAILROOM;

inline constexpr std::size_t MAX_PEERS = 1024;
inline constexpr std::size_t MAX_PREFIXES = 8192;
inline constexpr std::size_t MAX_POLICIES = 4096;
inline constexpr std::size_t MAX_PATHS_PER_POLICY = 8;
inline constexpr std::size_t MAX_RELAYS = 3;

}  // namespace srwan
