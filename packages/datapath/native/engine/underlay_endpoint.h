// Where a datapath listens on the underlay: address and UDP port.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace srwan {

struct UnderlayEndpoint {
  // 4 or 6; 0 = none.
  std::uint8_t version = 0;
  std::uint16_t port = 0;
  // IPv4 uses the first four octets.
  std::array<std::uint8_t, 16> address{};

  bool operator==(const UnderlayEndpoint&) const = default;

  static std::optional<UnderlayEndpoint> parse(std::string_view address, std::uint16_t port);
  std::string addressText() const;
};

}  // namespace srwan
