#pragma once

#include <initializer_list>

#include "wire/bytes.h"

namespace srwan {

using Digest = std::array<std::uint8_t, 32>;

/** SHA-256 of the parts one after another (FIPS 180-4). @throws std::runtime_error where OpenSSL fails (out of memory)
 */
Digest sha256(std::initializer_list<ByteView> parts);
Digest sha256(std::span<const ByteView> parts);

}  // namespace srwan
