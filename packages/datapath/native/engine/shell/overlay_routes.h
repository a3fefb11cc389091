// The kernel's side of the overlay: the device's addresses, routes to members' prefixes in a table of our own, and the
// rules that send packets there.
#pragma once

#include <string>
#include <vector>

#include "engine/ip_prefix.h"
#include "engine/shell/netlink.h"
#include "wire/session_control.h"

namespace srwan {

struct TunInit {
  std::string name;
  std::vector<IpPrefix> addresses;
  // At the start, and the most that paths that carry more may raise it to.
  std::uint32_t mtu = BASE_MTU;
  std::uint32_t maxMtu = 1424;
};

class OverlayRoutes {
 public:
  // Routing table, and the priority of the rule that looks it up: "RW" in ASCII, as in the overlay's addresses.
  static constexpr std::uint32_t TABLE = 5257;
  static constexpr std::uint32_t SKIP_PRIORITY = 5256;
  static constexpr std::uint32_t LOOKUP_PRIORITY = 5257;
  static constexpr std::uint32_t LANDING_PRIORITY = 5258;

  // Gives the device its addresses, sets it up, and removes rules that a dead predecessor left.
  // @throws ShellError ERR_NO_PRIVILEGE, ERR_NO_DEVICE
  OverlayRoutes(const TunInit& tun, std::uint32_t mark);
  // Removes rules and routes; the device goes with its file descriptor.
  ~OverlayRoutes();
  OverlayRoutes(const OverlayRoutes&) = delete;
  OverlayRoutes& operator=(const OverlayRoutes&) = delete;

  // Routes exactly these prefixes to the device. @param local this node's own, from which source addresses are chosen
  // @returns problems, one line each; the rest has been applied
  std::vector<std::string> apply(const std::vector<IpPrefix>& wanted, const std::vector<IpPrefix>& local);

 private:
  void setUpDevice(const TunInit& tun);
  int changeRoute(const IpPrefix& prefix, bool add, const std::vector<IpPrefix>& local);
  int addRules(int family);
  void removeRules(int family);

  Netlink netlink_;
  std::string name_;
  std::uint32_t index_;
  std::uint32_t mark_;
  bool rules_ = false;
  std::vector<IpPrefix> routed_;
};

}  // namespace srwan
