#include "wire/aes_hardware.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
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

bool hasVectorAes() noexcept {
#if defined(__x86_64__)
  // Not by __builtin_cpu_supports: not every compiler that builds this knows these two names.
  constexpr unsigned VAES_AND_VPCLMULQDQ = 3u << 9;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return hasAesHardware() && __builtin_cpu_supports("avx2") != 0 && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
         (ecx & VAES_AND_VPCLMULQDQ) == VAES_AND_VPCLMULQDQ;
#else
  return false;
#endif
}

}  // namespace srwan
