// For debug builds (SRWAN_NONCE_AUDIT): every nonce that any sealer of the process used, so that a repeat ends it.
#pragma once

#include "wire/aead.h"

namespace srwan {

/** What stands for a key in the audit: its SHA-256, so that no key outlives its sealer. */
using AuditedKey = std::array<std::uint8_t, 32>;

/** Safe from any thread. Prints what repeated and aborts where the pair was recorded before. */
void recordNonce(const AuditedKey& key, const AeadNonce& nonce) noexcept;

/** Pairs recorded since the start or `forgetNonces`. */
std::size_t noncesRecorded();

/** Between two tests of one process, whose seeded keys are the same. Never in use of sealers. */
void forgetNonces();

}  // namespace srwan
