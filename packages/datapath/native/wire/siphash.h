#pragma once

#include <bit>
#include <cstring>

#include "wire/bytes.h"

namespace srwan {

using SipHash128 = std::array<std::uint8_t, 16>;

namespace siphash_detail {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  std::uint64_t squeeze() noexcept {
    round();
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

// SipHash is little-endian, unlike everything else on our wire.
inline std::uint64_t loadLittle64(const std::uint8_t* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

inline void storeLittle64(std::uint8_t* p, std::uint64_t word) noexcept {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(p, &word, sizeof word);
}

inline State begin(const std::uint8_t* key) noexcept {
  const std::uint64_t k0 = loadLittle64(key);
  const std::uint64_t k1 = loadLittle64(key + 8);
  return {0x736f6d6570736575U ^ k0, 0x646f72616e646f6dU ^ k1 ^ 0xeeU, 0x6c7967656e657261U ^ k0,
          0x7465646279746573U ^ k1};
}

inline SipHash128 finish(State& state) noexcept {
  SipHash128 out;
  state.v2 ^= 0xeeU;
  storeLittle64(out.data(), state.squeeze());
  state.v1 ^= 0xddU;
  storeLittle64(out.data() + 8, state.squeeze());
  return out;
}

}  // namespace siphash_detail

/**
 * SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012 and the authors' 128-bit variant), of an input that is
 * already in words.
 *
 * @param key - 16 octets
 * @param words - the input's words in its little-endian order, the last one with the input's length mod 256 in its top
 * octet
 */
template <std::size_t WORDS>
inline SipHash128 sipHash24OfWords(const std::uint8_t* key, const std::array<std::uint64_t, WORDS>& words) noexcept {
  siphash_detail::State state = siphash_detail::begin(key);
  for (const std::uint64_t word : words) state.absorb(word);
  return siphash_detail::finish(state);
}

/** The same of octets. @param key - 16 octets */
inline SipHash128 sipHash24(const std::uint8_t* key, ByteView input) noexcept {
  using namespace siphash_detail;
  State state = begin(key);
  const std::size_t whole = input.size() / 8 * 8;
  for (std::size_t i = 0; i < whole; i += 8) state.absorb(loadLittle64(input.data() + i));
  std::uint64_t last = static_cast<std::uint64_t>(input.size()) << 56;
  for (std::size_t i = whole; i < input.size(); ++i) last |= static_cast<std::uint64_t>(input[i]) << (8 * (i - whole));
  state.absorb(last);
  return finish(state);
}

}  // namespace srwan
