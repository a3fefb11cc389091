#include "wire/ipv4_fragments.h"

#include <algorithm>

#include "wire/internet_checksum.h"

namespace srwan {
namespace {

constexpr std::size_t FIXED_HEADER = 20;
constexpr std::size_t MAX_HEADER = 60;
constexpr std::uint16_t MORE_FRAGMENTS = 0x2000;
constexpr std::uint16_t OFFSET = 0x1fff;
constexpr std::uint8_t OPTION_END = 0;
constexpr std::uint8_t OPTION_NOP = 1;
constexpr std::uint8_t OPTION_COPIED = 0x80;

/** The options that every fragment carries. @returns octets written, a multiple of 4 */
std::size_t copyOptions(ByteView options, ByteSpan out) noexcept {
  std::size_t size = 0;
  for (std::size_t at = 0; at < options.size() && options[at] != OPTION_END;) {
    const std::size_t length = options[at] == OPTION_NOP ? 1 : at + 1 < options.size() ? options[at + 1] : 0;
    if (length == 0 || at + length > options.size()) break;
    if ((options[at] & OPTION_COPIED) != 0)
      size = static_cast<std::size_t>(std::copy_n(&options[at], length, &out[size]) - out.data());
    at += length;
  }
  while (size % 4 != 0) out[size++] = OPTION_END;
  return size;
}

}  // namespace

Ipv4Fragments::Ipv4Fragments(ByteView packet, std::size_t mtu) noexcept
    : packet_(packet), mtu_(mtu), header_((packet[0] & 0x0fU) * 4) {}

std::size_t Ipv4Fragments::writeHeader(ByteSpan out) const noexcept {
  std::copy_n(packet_.begin(), FIXED_HEADER, out.begin());
  const ByteView options = packet_.subspan(FIXED_HEADER, header_ - FIXED_HEADER);
  std::size_t size = FIXED_HEADER;
  if (done_ == 0) {
    std::copy(options.begin(), options.end(), out.begin() + FIXED_HEADER);
    size += options.size();
  } else {
    size += copyOptions(options, out.subspan(FIXED_HEADER));
  }
  out[0] = static_cast<std::uint8_t>(0x40 | size / 4);
  return size;
}

std::size_t Ipv4Fragments::next(ByteSpan out) noexcept {
  const std::size_t rest = packet_.size() - header_ - done_;
  if (rest == 0 || out.size() < std::max(mtu_, MAX_HEADER)) return 0;
  const std::size_t header = writeHeader(out);
  const bool last = rest <= mtu_ - header;
  const std::size_t data = last ? rest : (mtu_ - header) / 8 * 8;
  const std::uint16_t field = load16(&packet_[6]);
  const auto offset = static_cast<std::uint16_t>((field & OFFSET) + done_ / 8);
  store16(&out[2], static_cast<std::uint16_t>(header + data));
  store16(&out[6], static_cast<std::uint16_t>((field & ~OFFSET) | (last ? 0 : MORE_FRAGMENTS) | offset));
  store16(&out[10], 0);
  storeChecksum(&out[10], checksumAdd(0, out.first(header)));
  std::copy_n(&packet_[header_ + done_], data, &out[header]);
  done_ += data;
  return header + data;
}

}  // namespace srwan
