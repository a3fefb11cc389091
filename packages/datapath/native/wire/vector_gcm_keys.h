// Expansion of a key for `VectorGcm`: round keys and powers of H. Once a key.
#pragma once

#include "wire/vector_gcm.h"

namespace srwan {

struct VectorGcmKeys {
  /** Only where the machine has the instructions. @param key - 32 octets */
  static void expand(VectorGcm& gcm, const std::uint8_t* key);
};

}  // namespace srwan
