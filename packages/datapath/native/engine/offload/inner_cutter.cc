#include "engine/offload/inner_cutter.h"

#include <algorithm>

namespace srwan {
namespace {

constexpr std::size_t IPV4_IDENTIFICATION = 4;

}  // namespace

InnerCutter::InnerCutter(ByteView packet, const PacketOffload& offload, std::size_t maxInner) noexcept
    : packet_(packet) {
  if (offload.gso == Gso::none) {
    if (packet.size() > maxInner) verdict_ = Verdict::tooBig;
    return;
  }
  const auto layout = layOut(packet);
  if (!layout || offload.headerOctets >= packet.size() || offload.segmentSize == 0) {
    verdict_ = Verdict::malformed;
    return;
  }
  layout_ = *layout;
  header_ = offload.headerOctets;
  const std::size_t payload = packet.size() - header_;
  segment_ = std::min<std::size_t>(offload.segmentSize, payload);
  if (header_ + segment_ > maxInner) {
    if (offload.gso == Gso::udp || header_ >= maxInner) {
      verdict_ = Verdict::tooBig;
      return;
    }
    segment_ = maxInner - header_;
  }
  count_ = (payload + segment_ - 1) / segment_;
  pseudo_ = pseudoHeaderSum(packet, layout_);
  verdict_ = count_ <= MAX_PACKETS ? Verdict::cut : Verdict::malformed;
}

void InnerCutter::fixTcp(std::size_t i, std::uint8_t* header) const noexcept {
  const auto sequence = static_cast<std::uint32_t>(load32(header + tcp::SEQUENCE) + i * segment_);
  store32(header + tcp::SEQUENCE, sequence);
  // RFC 3168 section 6.1.2: CWR is for the first new packet.
  if (i > 0) header[tcp::FLAGS] = static_cast<std::uint8_t>(header[tcp::FLAGS] & ~tcp::CWR);
  if (i + 1 < count_) header[tcp::FLAGS] = static_cast<std::uint8_t>(header[tcp::FLAGS] & ~(tcp::FIN | tcp::PSH));
}

void InnerCutter::write(std::size_t i, ByteSpan out) const noexcept {
  const std::size_t payload = payloadOf(i);
  const ByteSpan packet = out.first(header_ + payload);
  std::memcpy(packet.data(), packet_.data(), header_);
  const std::uint64_t payloadSum =
      checksumCopy(pseudo_, packet_.subspan(header_ + i * segment_, payload), packet.data() + header_);
  if (layout_.version == 4) {
    const auto id = static_cast<std::uint16_t>(load16(&packet[IPV4_IDENTIFICATION]) + i);
    store16(&packet[IPV4_IDENTIFICATION], id);
  }
  setIpLength(packet, layout_, packet.size());
  const ByteSpan transport = packet.subspan(layout_.transport);
  const bool isTcp = layout_.protocol == PROTOCOL_TCP;
  if (isTcp) {
    fixTcp(i, transport.data());
  } else {
    store16(&transport[udp::LENGTH], static_cast<std::uint16_t>(transport.size()));
  }
  std::uint8_t* checksum = &transport[isTcp ? tcp::CHECKSUM : udp::CHECKSUM];
  store16(checksum, 0);
  const std::uint64_t sum = checksumAdd16(payloadSum, static_cast<std::uint16_t>(transport.size()));
  storeChecksum(checksum, checksumAdd(sum, transport.first(header_ - layout_.transport)));
  if (!isTcp && load16(checksum) == 0) store16(checksum, 0xffff);
}

}  // namespace srwan
