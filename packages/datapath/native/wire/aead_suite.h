// The ciphers that may seal a session's data, and how two ends agree on one.
#pragma once

#include <cstdint>
#include <optional>

namespace srwan {

/** Both have keys of 32 octets, nonces of 12 and tags of 16. The numbers stand in handshakes. */
enum class AeadSuite : std::uint8_t {
  /** NIST SP 800-38D */
  aes256Gcm = 1,
  /** RFC 8439 */
  chaCha20Poly1305 = 2,
};

/** Bit `suite − 1` is set where the suite is in the set; bits of suites that nobody here knows mean nothing. */
using AeadSuiteSet = std::uint8_t;

constexpr AeadSuiteSet setOf(AeadSuite suite) noexcept {
  return static_cast<AeadSuiteSet>(1u << (static_cast<unsigned>(suite) - 1));
}

/** What this implementation opens and seals. */
constexpr AeadSuiteSet KNOWN_SUITES = setOf(AeadSuite::aes256Gcm) | setOf(AeadSuite::chaCha20Poly1305);

constexpr bool contains(AeadSuiteSet set, AeadSuite suite) noexcept { return (set & setOf(suite)) != 0; }

/** @returns nullopt for a number that stands for no suite */
constexpr std::optional<AeadSuite> aeadSuiteFrom(std::uint8_t number) noexcept {
  if (number == 1) return AeadSuite::aes256Gcm;
  if (number == 2) return AeadSuite::chaCha20Poly1305;
  return std::nullopt;
}

/**
 * The responder's choice: AES-256-GCM only where both ends prefer it, since the end without AES instructions pays more
 * for it than the other end pays for ChaCha20.
 *
 * @param offered - the initiator's set · @param theirs - number of the suite that it prefers, known here or not
 * @returns nullopt where it offers none that is known here
 */
constexpr std::optional<AeadSuite> chooseSuite(AeadSuiteSet offered, std::uint8_t theirs, AeadSuite own) noexcept {
  const bool both = own == AeadSuite::aes256Gcm && theirs == static_cast<std::uint8_t>(AeadSuite::aes256Gcm);
  const AeadSuite first = both ? AeadSuite::aes256Gcm : AeadSuite::chaCha20Poly1305;
  const AeadSuite second = both ? AeadSuite::chaCha20Poly1305 : AeadSuite::aes256Gcm;
  if (contains(offered, first)) return first;
  if (contains(offered, second)) return second;
  return std::nullopt;
}

}  // namespace srwan
