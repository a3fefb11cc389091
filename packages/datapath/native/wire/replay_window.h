#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace srwan {

/**
 * Which counters have been seen, for the last `Size` of them; the ring of words is the idea of RFC 6479.
 * Checking and advancing are separate: only what has authenticated may advance a window.
 */
template <std::size_t Size>
class ReplayWindow {
  static_assert(Size % 64 == 0 && Size > 0);

 public:
  static constexpr std::size_t SIZE = Size;

  /** @returns true where the counter is neither seen nor older than the window */
  [[nodiscard]] bool check(std::uint64_t counter) const noexcept {
    if (empty_ || counter > greatest_) return true;
    if (greatest_ - counter >= Size) return false;
    return (words_[wordOf(counter)] & bitOf(counter)) == 0;
  }

  /** Marks an authenticated counter as seen. The caller has `check`ed it; older ones than the window are ignored. */
  void advance(std::uint64_t counter) noexcept {
    if (empty_) {
      empty_ = false;
      greatest_ = counter;
    } else if (counter > greatest_) {
      clearBetween(greatest_ / 64, counter / 64);
      greatest_ = counter;
    } else if (greatest_ - counter >= Size) {
      return;
    }
    words_[wordOf(counter)] |= bitOf(counter);
  }

  /** Greatest counter seen; 0 where none was. */
  std::uint64_t greatest() const noexcept { return empty_ ? 0 : greatest_; }
  bool empty() const noexcept { return empty_; }

 private:
  // One word more than the window: a word that the newest counter has just entered still holds none of the oldest.
  static constexpr std::size_t WORDS = Size / 64 + 1;

  static constexpr std::size_t wordOf(std::uint64_t counter) noexcept { return (counter / 64) % WORDS; }
  static constexpr std::uint64_t bitOf(std::uint64_t counter) noexcept { return std::uint64_t{1} << (counter % 64); }

  void clearBetween(std::uint64_t oldBlock, std::uint64_t newBlock) noexcept {
    if (newBlock - oldBlock >= WORDS) {
      words_.fill(0);
      return;
    }
    for (std::uint64_t block = oldBlock + 1; block <= newBlock; ++block) words_[block % WORDS] = 0;
  }

  std::array<std::uint64_t, WORDS> words_{};
  std::uint64_t greatest_ = 0;
  bool empty_ = true;
};

/** Per (session, direction, epoch, stream). */
using SegmentReplayWindow = ReplayWindow<8192>;
/** Per (pair, sender). */
using PairReplayWindow = ReplayWindow<1024>;

}  // namespace srwan
