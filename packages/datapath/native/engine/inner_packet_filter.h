// Cryptokey routing: which inner addresses a member may use and reach.
#pragma once

#include "engine/engine_context.h"

namespace srwan {

// What came out of a session with `peer`: source one of its prefixes, destination one of ours. Delivers it to the TUN
// or counts why not.
inline void deliverInner(EngineContext& context, const Peer& peer, ByteView packet) {
  const auto header = parseIpHeader(packet);
  if (!header) return context.drop(Counter::dropMalformed);
  if (context.prefixes.find(header->source) != peer.index) return context.drop(Counter::dropSourceNotAllowed);
  if (context.prefixes.find(header->destination) != PrefixTable::LOCAL)
    return context.drop(Counter::dropDestinationNotAllowed);
  context.counters.add(Counter::tunTxOctets, packet.size());
  context.counters.add(Counter::tunTxPackets);
  context.output.writeTun(packet);
}

}  // namespace srwan
