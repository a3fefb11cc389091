// The Internet checksum one word at a time, as RFC 1071 writes it: what the product's is compared with.
#pragma once

#include "wire/bytes.h"

namespace srwan::test {

/** Ones' complement sum of RFC 1071 over `octets`, onto `sum`; not folded. */
inline std::uint64_t checksumOver(ByteView octets, std::uint64_t sum = 0) noexcept {
  std::size_t at = 0;
  for (; at + 1 < octets.size(); at += 2) sum += load16(&octets[at]);
  return at < octets.size() ? sum + (std::uint32_t{octets[at]} << 8) : sum;
}

/** What stands in a checksum field. */
inline std::uint16_t foldedChecksum(std::uint64_t sum) noexcept {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace srwan::test
