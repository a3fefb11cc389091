// Cryptokey routing: which inner addresses a member may use and reach.
#pragma once

#include "engine/engine_context.h"

namespace srwan {

// What came out of a session with `peer`: source one of its prefixes, destination one of ours. Delivers it to the TUN
// or counts why not.
inline void deliverInner(const EngineContext& context, Lane& lane, const Peer& peer, ByteView packet) {
  const auto header = parseIpHeader(packet);
  if (!header) return lane.drop(Counter::dropMalformed);
  if (lane.arrivingSource.find(context.prefixes, header->source) != peer.index)
    return lane.drop(Counter::dropSourceNotAllowed);
  if (lane.arrivingDestination.find(context.prefixes, header->destination) != PrefixTable::LOCAL)
    return lane.drop(Counter::dropDestinationNotAllowed);
  lane.counters.add(Counter::tunTxOctets, packet.size());
  lane.counters.add(Counter::tunTxPackets);
  lane.output.writeTun(packet);
}

}  // namespace srwan
