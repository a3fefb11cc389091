// The Internet checksum (RFC 1071): ones' complement sums of 16-bit words, kept in the machine's own byte order, which
// the sum does not depend on (section 2 B).
#pragma once

#include <cstring>

#include "wire/bytes.h"

namespace srwan {

// Adds octets to a running sum. All but the last addition must be of an even number of octets.
std::uint64_t checksumAdd(std::uint64_t sum, ByteView octets) noexcept;

// The same, and copies the octets to `to`, which they do not overlap, in the same pass.
std::uint64_t checksumCopy(std::uint64_t sum, ByteView octets, std::uint8_t* to) noexcept;

// Adds one 16-bit number of the packet.
inline std::uint64_t checksumAdd16(std::uint64_t sum, std::uint16_t value) noexcept {
  std::uint8_t octets[2];
  store16(octets, value);
  std::uint16_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  return sum + word;
}

// The sum's 16 bits, carries added in; 0xffff for a packet whose checksum holds.
inline std::uint16_t checksumFold(std::uint64_t sum) noexcept {
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// Writes 16 bits of a sum as they are: what a partial checksum (of the pseudo-header only) is.
inline void storeSum(std::uint8_t* at, std::uint16_t folded) noexcept { std::memcpy(at, &folded, sizeof folded); }

// Writes the checksum of a sum.
inline void storeChecksum(std::uint8_t* at, std::uint64_t sum) noexcept {
  storeSum(at, static_cast<std::uint16_t>(~checksumFold(sum)));
}

}  // namespace srwan
