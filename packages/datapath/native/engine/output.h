// Everything that leaves the engine.
#pragma once

#include "engine/events.h"
#include "engine/underlay_endpoint.h"

namespace srwan {

class Output {
 public:
  virtual ~Output() = default;
  // Octets that lie in the buffer which the caller passed to onDatagram or onTun stay as they are until it reuses that
  // buffer; all others are valid during the call only.
  virtual void sendDatagram(const UnderlayEndpoint& to, ByteView datagram) = 0;
  // Memory for a datagram that the next call of sendDatagram takes, without a copy where the sender can.
  // @param size at most MAX_UDP_PAYLOAD
  virtual ByteSpan reserve(std::size_t size) = 0;
  // As above.
  virtual void writeTun(ByteView packet) = 0;
  virtual void event(Event&& event) = 0;
  // Packets from the TUN may have so many octets from now on: the most that any way out carries. At most once a second.
  virtual void setDeviceMtu(std::size_t) {}
};

}  // namespace srwan
