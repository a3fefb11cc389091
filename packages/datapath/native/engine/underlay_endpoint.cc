#include "engine/underlay_endpoint.h"

#include <arpa/inet.h>

#include <cstring>

namespace srwan {

std::optional<UnderlayEndpoint> UnderlayEndpoint::parse(std::string_view address, std::uint16_t port) {
  const std::string text(address);
  UnderlayEndpoint endpoint;
  endpoint.port = port;
  if (inet_pton(AF_INET, text.c_str(), endpoint.address.data()) == 1) {
    endpoint.version = 4;
    return endpoint;
  }
  if (inet_pton(AF_INET6, text.c_str(), endpoint.address.data()) == 1) {
    endpoint.version = 6;
    return endpoint;
  }
  return std::nullopt;
}

std::string UnderlayEndpoint::addressText() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(version == 4 ? AF_INET : AF_INET6, address.data(), text, sizeof text);
  return text;
}

}  // namespace srwan
