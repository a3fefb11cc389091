#include "engine/end_to_end_probes.h"

#include <algorithm>

namespace srwan {

std::uint32_t EndToEndProbes::send(IngressSession& session, const SlotPair& pair, const ProbeShape& shape,
                                   OutstandingProbe probe) {
  probe.sequence = next_++;
  probe.session = session.id;
  probe.t1 = context_.clock.now();
  PathProbeRequestBody request;
  request.activateReplyPath = shape.activate;
  request.replyPath = session.reverse[static_cast<std::size_t>(pair.reverse)].sender.id;
  request.sequence = probe.sequence;
  request.t1 = probe.t1;
  request.replySize = static_cast<std::uint16_t>(shape.replySize);
  const std::size_t size = std::min(shape.size, MAX_INNER_PACKET);
  if (!encodePathProbeRequest(request, ByteSpan(buffer_).subspan(HEADROOM, size))) return probe.sequence;
  Lane& lane = *context_.lane;
  if (session.keyed())
    session.leaveExhausted(lane.index, session.forward[static_cast<std::size_t>(pair.forward)].sender);
  const std::size_t octets = ingress_.send(lane, session, pair.forward, buffer_, size);
  if (octets == 0) return probe.sequence;
  context_.lane->counters.add(Counter::pathProbeTxOctets, octets);
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
