// An IPv4 or IPv6 prefix and the addresses inside it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/inner_ip_packet.h"

namespace srwan {

struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  bool operator==(const IpPrefix&) const = default;

  bool contains(const IpAddress& candidate) const;
  // `ADDRESS/LENGTH`; an address with host bits set keeps them (a device's address has them).
  static std::optional<IpPrefix> parse(std::string_view text);
  std::string text() const;
};

// The address with all bits behind `length` cleared.
IpAddress masked(const IpAddress& address, std::uint8_t length);

}  // namespace srwan
