// Endpoints as the kernel's socket addresses, and options that older headers lack.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/underlay_endpoint.h"

namespace srwan {

// Of linux/udp.h since 4.18 and 5.0.
inline constexpr int UDP_OPTION_SEGMENT = 103;
inline constexpr int UDP_OPTION_GRO = 104;
inline constexpr int UDP_OPTION_LEVEL = IPPROTO_UDP;

// @param family of the socket: an IPv6 socket reaches IPv4 by mapped addresses
// @returns its octets; 0 where the socket cannot reach the endpoint
socklen_t toSockaddr(const UnderlayEndpoint& endpoint, int family, sockaddr_storage& storage);
UnderlayEndpoint fromSockaddr(const sockaddr_storage& storage);

}  // namespace srwan
