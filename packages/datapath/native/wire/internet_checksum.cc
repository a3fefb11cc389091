#include "wire/internet_checksum.h"

namespace srwan {
namespace {

// Four 64-bit lanes; the compiler makes of them what the machine has.
using Lanes = std::uint64_t __attribute__((vector_size(32)));
constexpr std::size_t BLOCK = 2 * sizeof(Lanes);
constexpr Lanes LOW = {0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU};

// 32-bit words are added into 64-bit lanes, which 4 GiB cannot overflow: no carries on the way.
std::uint64_t sumBlocks(const std::uint8_t* at, std::size_t blocks) noexcept {
  Lanes a = {};
  Lanes b = {};
  for (; blocks > 0; --blocks, at += BLOCK) {
    Lanes first;
    Lanes second;
    std::memcpy(&first, at, sizeof first);
    std::memcpy(&second, at + sizeof first, sizeof second);
    a += (first & LOW) + (first >> 32);
    b += (second & LOW) + (second >> 32);
  }
  a += b;
  return checksumFold(a[0]) + std::uint64_t{checksumFold(a[1])} + checksumFold(a[2]) + checksumFold(a[3]);
}

}  // namespace

std::uint64_t checksumAdd(std::uint64_t sum, ByteView octets) noexcept {
  const std::uint8_t* at = octets.data();
  std::size_t left = octets.size();
  if (left >= BLOCK) {
    sum += sumBlocks(at, left / BLOCK);
    at += left / BLOCK * BLOCK;
    left %= BLOCK;
  }
  for (; left >= 4; left -= 4, at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, at, sizeof word);
    sum += word;
  }
  if (left >= 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, at, sizeof word);
    sum += word;
    at += 2;
    left -= 2;
  }
  if (left == 0) return sum;
  std::uint16_t last = 0;
  std::memcpy(&last, at, 1);
  return sum + last;
}

}  // namespace srwan
