#pragma once

#include "wire/bytes.h"

namespace srwan {

/** Where keys, session ids and jitter come from; injected so that tests are repeatable. */
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  /** Fills all of `out`. */
  virtual void fill(ByteSpan out) = 0;

  /** 32 random bits. */
  std::uint32_t next32();
  /** Uniform in 1 … 2³² − 1: session ids. */
  std::uint32_t nextNonZero32();
};

/** getrandom(2). Safe from any thread. */
class SystemRandom final : public RandomSource {
 public:
  /** @throws std::system_error where the kernel refuses (never seen after boot) */
  void fill(ByteSpan out) override;
};

}  // namespace srwan
