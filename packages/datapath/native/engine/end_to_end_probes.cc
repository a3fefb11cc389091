#include "engine/end_to_end_probes.h"

namespace srwan {

std::uint32_t EndToEndProbes::send(IngressSession& session, const SlotPair& pair, std::uint8_t color, bool activate,
                                   OutstandingProbe probe, std::size_t octets) {
  probe.sequence = next_++;
  probe.session = session.id;
  probe.t1 = context_.clock.now();
  PathProbeRequestBody request;
  request.activateReplyPath = activate;
  request.replyPath = session.reverse[static_cast<std::size_t>(pair.reverse)].sender.id;
  request.sequence = probe.sequence;
  request.t1 = probe.t1;
  if (!encodePathProbeRequest(request, ByteSpan(buffer_).subspan(HEADROOM, octets))) return probe.sequence;
  Lane& lane = *context_.lane;
  if (session.keyed())
    session.leaveExhausted(lane.index, session.forward[static_cast<std::size_t>(pair.forward)].sender);
  const std::size_t sent = ingress_.send(lane, session, pair.forward, color, buffer_, octets);
  if (sent == 0) return probe.sequence;
  context_.lane->counters.add(Counter::pathProbeTxOctets, sent);
  context_.lane->counters.add(Counter::pathProbeTxPackets);
  ring_[probe.sequence % RING] = probe;
  return probe.sequence;
}

std::optional<OutstandingProbe> EndToEndProbes::match(const IngressSession& session, const PathProbeReplyBody& reply) {
  OutstandingProbe& slot = ring_[reply.sequence % RING];
  if (slot.purpose == ProbePurpose::none || slot.sequence != reply.sequence || slot.session != session.id ||
      slot.t1 != reply.t1) {
    context_.drop(Counter::dropReplay);
    return std::nullopt;
  }
  const OutstandingProbe probe = slot;
  slot.purpose = ProbePurpose::none;
  return probe;
}

}  // namespace srwan
