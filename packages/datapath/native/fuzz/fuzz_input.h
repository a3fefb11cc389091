#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "wire/bytes.h"

namespace srwan::fuzz {

using Bytes = std::vector<std::uint8_t>;

/** A property that no input may break; ends the run so that libFuzzer keeps the input. */
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %s\n", property);
  std::abort();
}

inline bool same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/** A heap copy of exactly the input's size, so that the sanitizer sees one octet too many. */
inline Bytes copyOf(const std::uint8_t* data, std::size_t size) { return Bytes(data, data + size); }

}  // namespace srwan::fuzz
