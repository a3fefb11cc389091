#include "wire/internet_checksum.h"

namespace srwan {
namespace {

#define SRWAN_ALWAYS_INLINE inline __attribute__((always_inline))

// Four 64-bit lanes; the compiler makes of them what the function's instructions have.
using Lanes = std::uint64_t __attribute__((vector_size(32)));
constexpr std::size_t BLOCK = 2 * sizeof(Lanes);

// Whether what is added is copied as well: both in one pass over the octets.
enum class Pass : std::uint8_t { add, copy };

// 32-bit words are added into 64-bit lanes, which 4 GiB cannot overflow: no carries on the way.
template <Pass PASS>
SRWAN_ALWAYS_INLINE std::uint64_t sumBlocks(const std::uint8_t* at, std::uint8_t* to, std::size_t blocks) noexcept {
  constexpr Lanes LOW = {0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU};
  Lanes a = {};
  Lanes b = {};
  for (; blocks > 0; --blocks, at += BLOCK) {
    Lanes first;
    Lanes second;
    std::memcpy(&first, at, sizeof first);
    std::memcpy(&second, at + sizeof first, sizeof second);
    if constexpr (PASS == Pass::copy) {
      std::memcpy(to, &first, sizeof first);
      std::memcpy(to + sizeof first, &second, sizeof second);
      to += BLOCK;
    }
    a += (first & LOW) + (first >> 32);
    b += (second & LOW) + (second >> 32);
  }
  a += b;
  return checksumFold(a[0]) + std::uint64_t{checksumFold(a[1])} + checksumFold(a[2]) + checksumFold(a[3]);
}

#if defined(__x86_64__)
// Registers as wide as the lanes: half the time. Chosen at run time, since releases are built for every x86-64.
template <Pass PASS>
__attribute__((target("avx2"))) std::uint64_t sumBlocksWide(const std::uint8_t* at, std::uint8_t* to,
                                                            std::size_t blocks) noexcept {
  return sumBlocks<PASS>(at, to, blocks);
}
#endif

template <Pass PASS>
std::uint64_t sumBlocksBest(const std::uint8_t* at, std::uint8_t* to, std::size_t blocks) noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) return sumBlocksWide<PASS>(at, to, blocks);
#endif
  return sumBlocks<PASS>(at, to, blocks);
}

template <Pass PASS, class Word>
SRWAN_ALWAYS_INLINE void takeWord(std::uint64_t& sum, const std::uint8_t*& at, std::uint8_t*& to) noexcept {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (PASS == Pass::copy) {
    std::memcpy(to, &word, sizeof word);
    to += sizeof word;
  }
  sum += word;
  at += sizeof word;
}

template <Pass PASS>
std::uint64_t sumOf(std::uint64_t sum, ByteView octets, std::uint8_t* to) noexcept {
  const std::uint8_t* at = octets.data();
  std::size_t left = octets.size();
  if (left >= BLOCK) {
    const std::size_t whole = left / BLOCK * BLOCK;
    sum += sumBlocksBest<PASS>(at, to, left / BLOCK);
    at += whole;
    if constexpr (PASS == Pass::copy) to += whole;
    left -= whole;
  }
  for (; left >= 4; left -= 4) takeWord<PASS, std::uint32_t>(sum, at, to);
  if (left >= 2) {
    takeWord<PASS, std::uint16_t>(sum, at, to);
    left -= 2;
  }
  if (left == 0) return sum;
  if constexpr (PASS == Pass::copy) *to = *at;
  std::uint16_t last = 0;
  std::memcpy(&last, at, 1);
  return sum + last;
}

}  // namespace

std::uint64_t checksumAdd(std::uint64_t sum, ByteView octets) noexcept {
  return sumOf<Pass::add>(sum, octets, nullptr);
}

std::uint64_t checksumCopy(std::uint64_t sum, ByteView octets, std::uint8_t* to) noexcept {
  return sumOf<Pass::copy>(sum, octets, to);
}

}  // namespace srwan
