#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace srwan {

/** Octets that are only read. */
using ByteView = std::span<const std::uint8_t>;
/** Octets that may be written in place. */
using ByteSpan = std::span<std::uint8_t>;

/** Label of a node in packets: the first 64 bits of its identity's digest. 0 is no node. */
using Sid = std::uint64_t;
constexpr Sid NO_SID = 0;

/** All integers on the wire are big-endian. The caller guarantees that the octets exist. */
constexpr std::uint16_t load16(const std::uint8_t* p) noexcept {
  return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}

constexpr std::uint32_t load32(const std::uint8_t* p) noexcept {
  return (static_cast<std::uint32_t>(load16(p)) << 16) | load16(p + 2);
}

constexpr std::uint64_t load48(const std::uint8_t* p) noexcept {
  return (static_cast<std::uint64_t>(load16(p)) << 32) | load32(p + 2);
}

constexpr std::uint64_t load64(const std::uint8_t* p) noexcept {
  return (static_cast<std::uint64_t>(load32(p)) << 32) | load32(p + 4);
}

constexpr void store16(std::uint8_t* p, std::uint16_t value) noexcept {
  p[0] = static_cast<std::uint8_t>(value >> 8);
  p[1] = static_cast<std::uint8_t>(value);
}

constexpr void store32(std::uint8_t* p, std::uint32_t value) noexcept {
  store16(p, static_cast<std::uint16_t>(value >> 16));
  store16(p + 2, static_cast<std::uint16_t>(value));
}

/** Writes the low 48 bits of `value`. */
constexpr void store48(std::uint8_t* p, std::uint64_t value) noexcept {
  store16(p, static_cast<std::uint16_t>(value >> 32));
  store32(p + 2, static_cast<std::uint32_t>(value));
}

constexpr void store64(std::uint8_t* p, std::uint64_t value) noexcept {
  store32(p, static_cast<std::uint32_t>(value >> 32));
  store32(p + 4, static_cast<std::uint32_t>(value));
}

/** The characters of a label without a terminator. */
inline ByteView bytesOf(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/** Compares in a time that depends on the length only. Different lengths are unequal. */
inline bool constantTimeEqual(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

/** Overwrites octets with zeros in a way that the compiler may not remove. */
inline void wipe(ByteSpan octets) noexcept {
  for (std::uint8_t& octet : octets) octet = 0;
  __asm__ __volatile__("" : : "r"(octets.data()) : "memory");
}

}  // namespace srwan
