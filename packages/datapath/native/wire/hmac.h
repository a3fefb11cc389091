#pragma once

#include "wire/sha256.h"

namespace srwan {

/** HMAC-SHA-256 (RFC 2104) of the parts one after another. Key of any length. */
Digest hmacSha256(ByteView key, std::initializer_list<ByteView> parts);
Digest hmacSha256(ByteView key, std::span<const ByteView> parts);

}  // namespace srwan
