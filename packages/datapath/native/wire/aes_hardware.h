#pragma once

namespace srwan {

/**
 * The CPU has instructions for AES and for the multiplication of GCM: AES-NI and PCLMULQDQ on x86-64, AES and PMULL on
 * arm64. Without them AES is slow, and in software its time may depend on the key. Elsewhere false.
 */
bool hasAesHardware() noexcept;

/** Those instructions for two blocks at a time, in registers that the system saves: VAES and VPCLMULQDQ with AVX2. */
bool hasVectorAes() noexcept;

}  // namespace srwan
