#include "engine/ip_prefix.h"

#include <arpa/inet.h>

#include <charconv>

namespace srwan {

IpAddress masked(const IpAddress& address, std::uint8_t length) {
  IpAddress result{address.version, {}};
  const std::size_t whole = length / 8;
  for (std::size_t i = 0; i < whole && i < 16; ++i) result.octets[i] = address.octets[i];
  if (whole < 16 && length % 8 != 0)
    result.octets[whole] = address.octets[whole] & static_cast<std::uint8_t>(0xff << (8 - length % 8));
  return result;
}

bool IpPrefix::contains(const IpAddress& candidate) const {
  return candidate.version == address.version && masked(candidate, length).octets == masked(address, length).octets;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string host(text.substr(0, slash));
  const auto digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  IpPrefix prefix;
  if (inet_pton(AF_INET, host.c_str(), prefix.address.octets.data()) == 1) {
    prefix.address.version = 4;
    if (length > 32) return std::nullopt;
  } else if (inet_pton(AF_INET6, host.c_str(), prefix.address.octets.data()) == 1) {
    prefix.address.version = 6;
    if (length > 128) return std::nullopt;
  } else {
    return std::nullopt;
  }
  prefix.length = static_cast<std::uint8_t>(length);
  return prefix;
}

std::string IpPrefix::text() const {
  char host[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.version == 4 ? AF_INET : AF_INET6, address.octets.data(), host, sizeof host);
  return std::string(host) + '/' + std::to_string(length);
}

}  // namespace srwan
