// Seeded randomness of the emulator: one generator per directed pair, so that what one pair draws never shifts
// another's. Algorithms: xoshiro256** and splitmix64 by David Blackman and Sebastiano Vigna (public domain,
// prng.di.unimi.it).
#pragma once
#include <cmath>
#include <cstdint>

namespace wan {

/// One step of splitmix64; also mixes seeds.
inline uint64_t splitmix64(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

class Random {
 public:
  Random(uint64_t seed, uint32_t from, uint32_t to) {
    uint64_t state = seed ^ (static_cast<uint64_t>(from) << 32 | to);
    splitmix64(state);
    for (auto& word : state_) word = splitmix64(state);
  }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Standard normal (Box and Muller; the second value is not kept, so that each draw costs the same two numbers).
  double normal() {
    const double u = 1.0 - uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * uniform());
  }

 private:
  static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  uint64_t state_[4];
};

}  // namespace wan
