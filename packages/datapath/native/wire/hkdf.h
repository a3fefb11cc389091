#pragma once

#include "wire/hmac.h"
#include "wire/secret.h"

namespace srwan {

/** HKDF-Extract (RFC 5869, 2.2) over SHA-256. */
Prk hkdfExtract(ByteView salt, ByteView inputKey);

/** HKDF-Expand (RFC 5869, 2.3): fills `out`, at most 255 × 32 octets, from the concatenated parts of `info`. */
void hkdfExpand(ByteView prk, std::initializer_list<ByteView> info, ByteSpan out);

}  // namespace srwan
