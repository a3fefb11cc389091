#include "engine/offload/flow_coalescer.h"

#include <algorithm>
#include <utility>

namespace srwan {
namespace {

constexpr std::size_t IPV4_HEADER = 20;
constexpr std::size_t IPV6_HEADER = 40;
constexpr std::size_t IPV4_IDENTIFICATION = 4;
constexpr std::uint8_t DONT_FRAGMENT = 0x40;

bool sameOctets(ByteView a, ByteView b, std::size_t from, std::size_t to) {
  return std::memcmp(&a[from], &b[from], to - from) == 0;
}

std::size_t checksumField(const InnerLayout& layout) {
  return layout.transport + (layout.protocol == PROTOCOL_TCP ? tcp::CHECKSUM : udp::CHECKSUM);
}

// IPv4 header and transport checksum both hold: what is merged loses its own checksums.
bool checksumsHold(ByteView packet, const InnerLayout& layout) {
  if (layout.version == 4 && checksumFold(checksumAdd(0, packet.first(layout.transport))) != 0xffff) return false;
  const ByteView transport = packet.subspan(layout.transport);
  const std::uint64_t sum =
      checksumAdd16(pseudoHeaderSum(packet, layout), static_cast<std::uint16_t>(transport.size()));
  return checksumFold(checksumAdd(sum, transport)) == 0xffff;
}

bool plainIpHeader(const InnerLayout& layout) {
  return layout.transport == (layout.version == 4 ? IPV4_HEADER : IPV6_HEADER);
}

}  // namespace

bool FlowCoalescer::sameFlow(const Flow& flow, ByteView packet, const InnerLayout& layout) {
  if (flow.packets == 0 || flow.layout.protocol != layout.protocol || flow.layout.version != layout.version)
    return false;
  if (load32(&flow.first[flow.layout.transport]) != load32(&packet[layout.transport])) return false;
  return layout.version == 4 ? sameOctets(flow.first, packet, 12, 20) : sameOctets(flow.first, packet, 8, 40);
}

FlowCoalescer::Flow* FlowCoalescer::find(ByteView packet, const InnerLayout& layout) {
  if (used_ == 0) return nullptr;
  const auto found =
      std::find_if(flows_.begin(), flows_.end(), [&](const Flow& flow) { return sameFlow(flow, packet, layout); });
  return found == flows_.end() ? nullptr : &*found;
}

bool FlowCoalescer::sameIpHeader(const Flow& flow, ByteView packet) {
  // Traffic class with ECN, flow label, hop limit.
  if (flow.layout.version == 6) return sameOctets(flow.first, packet, 0, 4) && sameOctets(flow.first, packet, 7, 8);
  // Traffic class with ECN; fragment field, hop limit.
  if (!sameOctets(flow.first, packet, 0, 2) || !sameOctets(flow.first, packet, 6, 9)) return false;
  // With DF the identification means nothing (RFC 6864); without it the cutting has to give the same ones again.
  const auto expected = static_cast<std::uint16_t>(load16(&flow.first[IPV4_IDENTIFICATION]) + flow.packets);
  return (packet[6] & DONT_FRAGMENT) != 0 || load16(&packet[IPV4_IDENTIFICATION]) == expected;
}

bool FlowCoalescer::sameTcpHeader(const Flow& flow, ByteView packet) {
  const std::size_t at = flow.layout.transport;
  if (load32(&packet[at + tcp::SEQUENCE]) != flow.nextSequence) return false;
  if ((packet[at + tcp::FLAGS] & ~tcp::PSH) != tcp::ACK) return false;
  // Acknowledgement, data offset; window; urgent pointer and options.
  return sameOctets(flow.first, packet, at + tcp::ACKNOWLEDGED, at + tcp::FLAGS) &&
         sameOctets(flow.first, packet, at + tcp::WINDOW, at + tcp::CHECKSUM) &&
         sameOctets(flow.first, packet, at + tcp::URGENT, flow.header);
}

bool FlowCoalescer::follows(const Flow& flow, ByteView packet, std::size_t header) {
  const std::size_t payload = packet.size() - header;
  if (header != flow.header || payload == 0 || payload > flow.segment) return false;
  if (flow.octets + payload > MAX_SUPER_PACKET || !sameIpHeader(flow, packet)) return false;
  if (flow.layout.protocol == PROTOCOL_TCP) return sameTcpHeader(flow, packet);
  return load16(&packet[flow.layout.transport + udp::CHECKSUM]) != 0 &&
         load16(&packet[flow.layout.transport + udp::LENGTH]) == packet.size() - flow.layout.transport;
}

bool FlowCoalescer::mayStart(ByteView packet, const InnerLayout& layout, std::size_t header) const {
  if (header == packet.size()) return false;
  // A segment with PSH is the last of its super-packet.
  if (layout.protocol == PROTOCOL_TCP) return takes_.tcp && packet[layout.transport + tcp::FLAGS] == tcp::ACK;
  return takes_.udp && load16(&packet[layout.transport + udp::CHECKSUM]) != 0 &&
         load16(&packet[layout.transport + udp::LENGTH]) == packet.size() - layout.transport;
}

void FlowCoalescer::start(ByteView packet, const InnerLayout& layout, std::size_t header) {
  auto at = std::find_if(flows_.begin(), flows_.end(), [](const Flow& flow) { return flow.packets == 0; });
  if (at == flows_.end()) {
    at = flows_.begin() + static_cast<std::ptrdiff_t>(nextVictim_);
    nextVictim_ = (nextVictim_ + 1) % FLOWS;
    handOut(*at);
  }
  Flow& flow = *at;
  ++used_;
  flow.packets = 1;
  flow.first = packet;
  flow.layout = layout;
  flow.header = header;
  flow.segment = packet.size() - header;
  flow.octets = packet.size();
  flow.verified = false;
  flow.push = false;
  if (layout.protocol == PROTOCOL_TCP)
    flow.nextSequence = static_cast<std::uint32_t>(load32(&packet[layout.transport + tcp::SEQUENCE]) + flow.segment);
  flow.pieces[1] = {const_cast<std::uint8_t*>(packet.data()) + header, flow.segment};
}

bool FlowCoalescer::append(Flow& flow, ByteView packet, std::size_t header) {
  if (!follows(flow, packet, header) || !checksumsHold(packet, flow.layout)) return false;
  if (!flow.verified && !checksumsHold(flow.first, flow.layout)) return false;
  flow.verified = true;
  const std::size_t payload = packet.size() - header;
  flow.pieces[1 + flow.packets++] = {const_cast<std::uint8_t*>(packet.data()) + header, payload};
  flow.octets += payload;
  flow.nextSequence = static_cast<std::uint32_t>(flow.nextSequence + payload);
  if (flow.layout.protocol == PROTOCOL_TCP) flow.push = (packet[flow.layout.transport + tcp::FLAGS] & tcp::PSH) != 0;
  const bool last = flow.push || payload < flow.segment || flow.packets == MAX_PACKETS;
  if (last) handOut(flow);
  return true;
}

void FlowCoalescer::add(ByteView packet) {
  const auto layout = layOut(packet);
  if (!layout) return handOutAsItIs(packet);
  const std::size_t transportHeader = layout->transportHeader(packet);
  const std::size_t header = layout->transport + transportHeader;
  if (transportHeader == 0 || !plainIpHeader(*layout)) {
    // It may belong to a flow without showing it: a fragment, or behind options.
    if (layout->fragment || !plainIpHeader(*layout)) flush();
    return handOutAsItIs(packet);
  }
  Flow* flow = find(packet, *layout);
  if (flow != nullptr) {
    if (append(*flow, packet, header)) return;
    handOut(*flow);
  }
  if (!mayStart(packet, *layout, header)) return handOutAsItIs(packet);
  start(packet, *layout, header);
}

void FlowCoalescer::flush() {
  if (used_ == 0) return;
  for (Flow& flow : flows_) {
    if (flow.packets > 0) handOut(flow);
  }
}

void FlowCoalescer::handOut(Flow& flow) {
  const std::size_t packets = std::exchange(flow.packets, 0);
  --used_;
  if (packets == 1) return handOutAsItIs(flow.first);
  const ByteSpan header = ByteSpan(flow.headers).subspan(VIRTIO_HEADER_OCTETS, flow.header);
  std::copy_n(flow.first.begin(), flow.header, header.begin());
  const bool isTcp = flow.layout.protocol == PROTOCOL_TCP;
  const auto transport = static_cast<std::uint16_t>(flow.octets - flow.layout.transport);
  if (flow.push) header[flow.layout.transport + tcp::FLAGS] |= tcp::PSH;
  if (!isTcp) store16(&header[flow.layout.transport + udp::LENGTH], transport);
  setIpLength(header, flow.layout, flow.octets);
  const std::size_t field = checksumField(flow.layout);
  storeSum(&header[field], checksumFold(checksumAdd16(pseudoHeaderSum(header, flow.layout), transport)));
  PacketOffload offload;
  offload.gso = !isTcp ? Gso::udp : flow.layout.version == 4 ? Gso::tcp4 : Gso::tcp6;
  offload.needsChecksum = true;
  offload.checksumStart = flow.layout.transport;
  offload.checksumOffset = static_cast<std::uint16_t>(field - flow.layout.transport);
  offload.headerOctets = static_cast<std::uint16_t>(flow.header);
  offload.segmentSize = static_cast<std::uint16_t>(flow.segment);
  offload.encode(flow.headers);
  flow.pieces[0] = {flow.headers.data(), VIRTIO_HEADER_OCTETS + flow.header};
  sink_.takeCoalesced({flow.pieces.data(), 1 + packets}, packets);
}

void FlowCoalescer::handOutAsItIs(ByteView packet) {
  std::array<std::uint8_t, VIRTIO_HEADER_OCTETS> none{};
  const iovec pieces[] = {{none.data(), none.size()}, {const_cast<std::uint8_t*>(packet.data()), packet.size()}};
  sink_.takeCoalesced(pieces, 1);
}

}  // namespace srwan
