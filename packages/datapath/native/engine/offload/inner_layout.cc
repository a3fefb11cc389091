#include "engine/offload/inner_layout.h"

namespace srwan {
namespace {

constexpr std::size_t IPV4_MIN_HEADER = 20;
constexpr std::size_t IPV6_HEADER = 40;
constexpr std::size_t IPV4_LENGTH = 2;
constexpr std::size_t IPV4_FRAGMENT = 6;
constexpr std::size_t IPV4_PROTOCOL = 9;
constexpr std::size_t IPV4_CHECKSUM = 10;
constexpr std::size_t IPV4_ADDRESSES = 12;
constexpr std::size_t IPV6_LENGTH = 4;
constexpr std::size_t IPV6_NEXT = 6;
constexpr std::size_t IPV6_ADDRESSES = 8;
constexpr std::uint16_t MORE_OR_OFFSET = 0x3fff;
constexpr std::uint8_t HOP_BY_HOP = 0;
constexpr std::uint8_t FRAGMENT = 44;
constexpr std::uint8_t DESTINATION_OPTIONS = 60;
// RFC 8200 section 4.1 knows of at most three before the transport header.
constexpr int MAX_EXTENSIONS = 3;

std::optional<InnerLayout> layOut4(ByteView packet) noexcept {
  if (packet.size() < IPV4_MIN_HEADER) return std::nullopt;
  const std::size_t header = (packet[0] & 0x0fU) * 4;
  if (header < IPV4_MIN_HEADER || header > packet.size() || load16(&packet[IPV4_LENGTH]) != packet.size())
    return std::nullopt;
  InnerLayout layout;
  layout.version = 4;
  layout.protocol = packet[IPV4_PROTOCOL];
  layout.fragment = (load16(&packet[IPV4_FRAGMENT]) & MORE_OR_OFFSET) != 0;
  layout.transport = static_cast<std::uint16_t>(header);
  return layout;
}

std::optional<InnerLayout> layOut6(ByteView packet) noexcept {
  if (packet.size() < IPV6_HEADER || load16(&packet[IPV6_LENGTH]) + IPV6_HEADER != packet.size()) return std::nullopt;
  InnerLayout layout;
  layout.version = 6;
  layout.protocol = packet[IPV6_NEXT];
  std::size_t at = IPV6_HEADER;
  for (int i = 0; i < MAX_EXTENSIONS; ++i) {
    if (layout.protocol != HOP_BY_HOP && layout.protocol != DESTINATION_OPTIONS) break;
    if (at + 8 > packet.size()) return std::nullopt;
    layout.protocol = packet[at];
    at += (packet[at + 1] + 1U) * 8;
    if (at > packet.size()) return std::nullopt;
  }
  layout.fragment = layout.protocol == FRAGMENT;
  layout.transport = static_cast<std::uint16_t>(at);
  return layout;
}

}  // namespace

std::optional<InnerLayout> layOut(ByteView packet) noexcept {
  if (packet.empty() || packet.size() > UINT16_MAX) return std::nullopt;
  if (packet[0] >> 4 == 4) return layOut4(packet);
  if (packet[0] >> 4 == 6) return layOut6(packet);
  return std::nullopt;
}

std::size_t InnerLayout::transportHeader(ByteView packet) const noexcept {
  const std::size_t left = packet.size() - transport;
  if (fragment) return 0;
  if (protocol == PROTOCOL_UDP) return left < udp::HEADER ? 0 : udp::HEADER;
  if (protocol != PROTOCOL_TCP || left < tcp::MIN_HEADER) return 0;
  const std::size_t header = (packet[transport + tcp::DATA_OFFSET] >> 4) * 4U;
  return header < tcp::MIN_HEADER || header > left ? 0 : header;
}

std::uint64_t pseudoHeaderSum(ByteView packet, const InnerLayout& layout) noexcept {
  const ByteView addresses =
      layout.version == 4 ? packet.subspan(IPV4_ADDRESSES, 8) : packet.subspan(IPV6_ADDRESSES, 32);
  return checksumAdd(checksumAdd16(0, layout.protocol), addresses);
}

void setIpLength(ByteSpan packet, const InnerLayout& layout, std::size_t size) noexcept {
  if (layout.version == 6) return store16(&packet[IPV6_LENGTH], static_cast<std::uint16_t>(size - IPV6_HEADER));
  store16(&packet[IPV4_LENGTH], static_cast<std::uint16_t>(size));
  store16(&packet[IPV4_CHECKSUM], 0);
  storeChecksum(&packet[IPV4_CHECKSUM], checksumAdd(0, packet.first(layout.transport)));
}

}  // namespace srwan
