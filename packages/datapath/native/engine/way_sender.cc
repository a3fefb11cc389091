#include "engine/way_sender.h"

#include "wire/ipv4_fragments.h"

namespace srwan {

InnerCutter WaySender::cutterFor(const Way& way, ByteView packet, const PacketOffload& offload) {
  const bool fragments = offload.gso == Gso::udp && !mustStayWhole(packet);
  return {packet, offload, fragments ? MAX_INNER_PACKET : way.mtu};
}

bool WaySender::admit(Lane& lane, const Way& way, ByteView packet, const PacketOffload& offload) {
  const auto verdict = cutterFor(way, packet, offload).verdict();
  if (verdict == InnerCutter::Verdict::malformed) return lane.drop(Counter::dropMalformed), false;
  if (verdict != InnerCutter::Verdict::tooBig || !mustStayWhole(packet)) return true;
  lane.drop(Counter::dropTooBig);
  answer(lane, packet, IcmpProblem::tooBig, way.mtu);
  return false;
}

void WaySender::send(Lane& lane, const Way& way, ByteSpan buffer, std::size_t size, const PacketOffload& offload) {
  const ByteSpan packet = buffer.subspan(HEADROOM, size);
  if (offload.gso != Gso::none) return sendCut(lane, way, packet, offload);
  if (offload.needsChecksum) completeChecksum(packet, offload);
  if (size > way.mtu) return sendFragments(lane, way, packet);
  transmit(lane, way, datagramAround(*way.path, buffer, size));
}

void WaySender::sendCut(Lane& lane, const Way& way, ByteView packet, const PacketOffload& offload) {
  const InnerCutter cutter = cutterFor(way, packet, offload);
  if (cutter.verdict() != InnerCutter::Verdict::cut) return lane.drop(Counter::dropTooBig);
  const std::uint8_t segments = way.path->path.count;
  for (std::size_t i = 0; i < cutter.count(); ++i) {
    const std::size_t size = cutter.size(i);
    if (size > way.mtu) {
      std::array<std::uint8_t, MAX_INNER_PACKET> whole;
      cutter.write(i, whole);
      sendFragments(lane, way, ByteView(whole).first(size));
      continue;
    }
    const ByteSpan datagram = lane.output.reserve(segmentPacketOverhead(segments) + size);
    cutter.write(i, datagram.subspan(segmentPlaintextOffset(segments), size));
    transmit(lane, way, datagram);
  }
}

void WaySender::sendFragments(Lane& lane, const Way& way, ByteView packet) {
  Ipv4Fragments fragments(packet, way.mtu);
  const ByteSpan room(lane.scratch);
  while (const std::size_t size = fragments.next(room.subspan(HEADROOM)))
    transmit(lane, way, datagramAround(*way.path, room, size));
}

void WaySender::transmit(Lane& lane, const Way& way, ByteSpan datagram) {
  if (!sendFromEnd(lane, *way.session, *way.path, *way.next, datagram)) return lane.drop(Counter::dropTooBig);
  lane.counters.add(Counter::dataTxOctets, datagram.size());
  lane.counters.add(Counter::dataTxPackets);
}

void WaySender::answer(Lane& lane, ByteView packet, IcmpProblem problem, std::size_t mtu) {
  const auto header = parseIpHeader(packet);
  if (!header) return;
  // IPv4 takes no packet from the device that claims to come from this very machine (RFC 1812, 5.3.7), and with a
  // reverse-path filter only one from where the device leads: the destination speaks for the path to it.
  const bool own = header->source.version == 6 && context_.overlayAddress;
  const IcmpError error{problem, static_cast<std::uint16_t>(mtu), own ? *context_.overlayAddress : header->destination};
  const std::size_t size = encodeIcmpError(error, packet, lane.scratch);
  if (size == 0) return;
  if (!lane.icmpAnswers.take(lane.now)) return lane.drop(Counter::dropRateLimited);
  lane.counters.add(Counter::icmpAnswers);
  lane.output.writeTun(ByteView(lane.scratch).first(size));
}

}  // namespace srwan
