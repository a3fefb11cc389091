#include "wire/hmac.h"

#include <algorithm>
#include <stdexcept>

namespace srwan {
namespace {

constexpr std::size_t BLOCK_OCTETS = 64;
// The callers' longest: HKDF-Expand with its block, at most 8 parts of info and a counter.
constexpr std::size_t MAX_PARTS = 10;

}  // namespace

Digest hmacSha256(ByteView key, std::span<const ByteView> parts) {
  if (parts.size() > MAX_PARTS) throw std::length_error("HMAC over too many parts");
  std::array<std::uint8_t, BLOCK_OCTETS> pad{};
  if (key.size() > BLOCK_OCTETS) {
    const Digest shortKey = sha256({key});
    std::copy(shortKey.begin(), shortKey.end(), pad.begin());
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (std::uint8_t& octet : pad) octet ^= 0x36;
  std::array<ByteView, MAX_PARTS + 1> padded;
  padded[0] = pad;
  std::copy(parts.begin(), parts.end(), padded.begin() + 1);
  Digest inner = sha256(std::span<const ByteView>(padded.data(), parts.size() + 1));
  for (std::uint8_t& octet : pad) octet ^= 0x36 ^ 0x5c;
  const Digest outer = sha256({pad, inner});
  wipe(pad);
  wipe(inner);
  return outer;
}

Digest hmacSha256(ByteView key, std::initializer_list<ByteView> parts) {
  return hmacSha256(key, std::span<const ByteView>(parts.begin(), parts.size()));
}

}  // namespace srwan
