#pragma once

#include <cstdint>
#include <optional>

namespace srwan {

/** How long after a step of the epoch packets of the one before are still taken. */
constexpr std::uint64_t PREVIOUS_EPOCH_GRACE_MS = 3000;

/** Low 4 bits, as the header carries them. */
constexpr std::uint8_t keyEpochBits(std::uint32_t keyEpoch) noexcept {
  return static_cast<std::uint8_t>(keyEpoch & 0x0f);
}

/**
 * The epoch with these 4 low bits that is nearest to `current`. At the distance of 8 both are as near; the later one is
 * taken (either is out of the accepted range).
 *
 * @returns nullopt where the nearest would be before epoch 0 or after 2³² − 1
 */
constexpr std::optional<std::uint32_t> recoverKeyEpoch(std::uint8_t bits, std::uint32_t current) noexcept {
  const std::int64_t ahead = (bits - current) & 0x0f;
  const std::int64_t epoch = static_cast<std::int64_t>(current) + (ahead <= 8 ? ahead : ahead - 16);
  if (epoch < 0 || epoch > 0xffffffffLL) return std::nullopt;
  return static_cast<std::uint32_t>(epoch);
}

/**
 * The epoch of a received packet if it may be taken: `current − 1` (only within its grace), `current`, `current + 1`.
 *
 * @param bits - from the header
 * @param current - max(greatest epoch that authenticated, floor(elapsed / rekeyInterval))
 * @param previousStillTaken - less than `PREVIOUS_EPOCH_GRACE_MS` since `current` became what it is
 */
constexpr std::optional<std::uint32_t> acceptKeyEpoch(std::uint8_t bits, std::uint32_t current,
                                                      bool previousStillTaken) noexcept {
  const std::optional<std::uint32_t> epoch = recoverKeyEpoch(bits, current);
  if (!epoch) return std::nullopt;
  const std::int64_t distance = static_cast<std::int64_t>(*epoch) - static_cast<std::int64_t>(current);
  if (distance < -1 || distance > 1 || (distance == -1 && !previousStillTaken)) return std::nullopt;
  return epoch;
}

}  // namespace srwan
