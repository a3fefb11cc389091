#include "engine/shell/udp_address.h"

#include <cstring>

namespace srwan {

socklen_t toSockaddr(const UnderlayEndpoint& endpoint, int family, sockaddr_storage& storage) {
  storage = {};
  if (family == AF_INET) {
    if (endpoint.version != 4) return 0;
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.address.data(), 4);
    return sizeof address;
  }
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  if (endpoint.version == 4) {
    // IPv4-mapped (RFC 4291, 2.5.5.2): one socket reaches both families.
    address.sin6_addr.s6_addr[10] = address.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&address.sin6_addr.s6_addr[12], endpoint.address.data(), 4);
  } else {
    std::memcpy(&address.sin6_addr, endpoint.address.data(), 16);
  }
  return sizeof address;
}

UnderlayEndpoint fromSockaddr(const sockaddr_storage& storage) {
  UnderlayEndpoint endpoint;
  if (storage.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(storage);
    endpoint.version = 4;
    endpoint.port = ntohs(address.sin_port);
    std::memcpy(endpoint.address.data(), &address.sin_addr, 4);
    return endpoint;
  }
  const auto& address = reinterpret_cast<const sockaddr_in6&>(storage);
  endpoint.port = ntohs(address.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    endpoint.version = 4;
    std::memcpy(endpoint.address.data(), &address.sin6_addr.s6_addr[12], 4);
  } else {
    endpoint.version = 6;
    std::memcpy(endpoint.address.data(), &address.sin6_addr, 16);
  }
  return endpoint;
}

}  // namespace srwan
