#pragma once

#include "support/hex.h"
#include "wire/random.h"

namespace srwan::test {

/** Hands out given octets once, in order; running out of them is an error of the test. */
class FixedRandom final : public RandomSource {
 public:
  explicit FixedRandom(ByteView octets) : octets_(octets.begin(), octets.end()) {}

  void fill(ByteSpan out) override {
    if (out.size() > octets_.size() - at_) throw std::runtime_error("FixedRandom has run out");
    std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
  }

 private:
  Bytes octets_;
  std::size_t at_ = 0;
};

/** SplitMix64 (Steele, Lea, Flood 2014): repeatable from its seed. */
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next64() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  void fill(ByteSpan out) override {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(next64());
  }

 private:
  std::uint64_t state_;
};

}  // namespace srwan::test
