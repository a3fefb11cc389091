#pragma once

#include <algorithm>
#include <cstring>
#include <optional>

#include "wire/bytes.h"

namespace srwan {

/**
 * `N` secret octets of one purpose. They are wiped by the destructor and when moved from, and are copied only by
 * `clone()`, so that every copy of a key is visible in the source. `Purpose` keeps keys of different use apart.
 */
template <class Purpose, std::size_t N>
class Secret {
 public:
  static constexpr std::size_t SIZE = N;

  Secret() noexcept = default;
  ~Secret() { wipe(octets_); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret(Secret&& other) noexcept : octets_(other.octets_) { wipe(other.octets_); }

  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      octets_ = other.octets_;
      wipe(other.octets_);
    }
    return *this;
  }

  /** @returns nullopt where `octets` is not exactly `N` long */
  static std::optional<Secret> from(ByteView octets) noexcept {
    if (octets.size() != N) return std::nullopt;
    Secret secret;
    std::copy(octets.begin(), octets.end(), secret.octets_.begin());
    return secret;
  }

  Secret clone() const noexcept {
    Secret copy;
    copy.octets_ = octets_;
    return copy;
  }

  ByteView view() const noexcept { return octets_; }
  ByteSpan span() noexcept { return octets_; }
  const std::uint8_t* data() const noexcept { return octets_.data(); }

  /** In constant time. */
  bool operator==(const Secret& other) const noexcept { return constantTimeEqual(octets_, other.octets_); }

 private:
  std::array<std::uint8_t, N> octets_{};
};

/** Result of X25519; only ever fed to HKDF. */
using SharedSecret = Secret<struct SharedSecretPurpose, 32>;
/** Output of HKDF-Extract. */
using Prk = Secret<struct PrkPurpose, 32>;
/** Key of an AEAD suite. */
using AeadKey = Secret<struct AeadKeyPurpose, 32>;
/** Root of all hop keys between two nodes. */
using PairRoot = Secret<struct PairRootPurpose, 32>;
/** Root of the hop keys of one hop, session and direction; the unit that PATHS hands to the egress. */
using HopRoot = Secret<struct HopRootPurpose, 32>;
/** SipHash key of one hop, session, direction and epoch. */
using HopKey = Secret<struct HopKeyPurpose, 16>;
/** `ck_e` of one direction of a session. */
using ChainKey = Secret<struct ChainKeyPurpose, 32>;

}  // namespace srwan
