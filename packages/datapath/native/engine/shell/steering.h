// Which of the sockets that share a port gets a datagram: decided in the kernel, before a thread is woken.
#pragma once

#include <vector>

#include "engine/underlay_endpoint.h"

namespace srwan {

// Attaches a classic BPF program to a group of SO_REUSEPORT sockets: segment packets go to the lane that keeps their
// stream, other packets of members to the first lane. What comes from an address that no member has goes to the socket
// after the last lane's: a flood of strangers fills that one's buffer and nobody else's. A member behind an unknown
// address is still served, through that socket.
// @param fd of any socket of the group, whose order is that of their binding · @param lanes 1 … MAX_LANES
// @param members addresses of all members; where there are too many for a program, none is a stranger
// @returns false where the kernel refuses
bool steer(int fd, std::size_t lanes, const std::vector<UnderlayEndpoint>& members);

}  // namespace srwan
