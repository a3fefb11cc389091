#include "wire/random.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace srwan {

std::uint32_t RandomSource::next32() {
  std::array<std::uint8_t, 4> octets;
  fill(octets);
  return load32(octets.data());
}

std::uint32_t RandomSource::nextNonZero32() {
  std::uint32_t value;
  do {
    value = next32();
  } while (value == 0);
  return value;
}

void SystemRandom::fill(ByteSpan out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::system_category(), "getrandom");
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace srwan
