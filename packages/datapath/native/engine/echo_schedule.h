// When an egress echoes, which its ingress may count on.
#pragma once

#include "engine/basic_types.h"

namespace srwan {

// From one echo to the next while something new arrives, and between repetitions after it.
inline constexpr Nanos ECHO_INTERVAL = 100 * MILLISECOND;
inline constexpr Nanos ECHO_REPETITION = 300 * MILLISECOND;

}  // namespace srwan
