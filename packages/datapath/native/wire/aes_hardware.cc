#include "wire/aes_hardware.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace srwan {

bool hasAesHardware() noexcept {
#if defined(__x86_64__)
  return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(__aarch64__) && defined(__linux__)
  constexpr unsigned long NEEDED = HWCAP_AES | HWCAP_PMULL;
  return (getauxval(AT_HWCAP) & NEEDED) == NEEDED;
#else
  return false;
#endif
}

}  // namespace srwan
