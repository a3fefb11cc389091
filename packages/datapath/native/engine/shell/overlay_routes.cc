#include "engine/shell/overlay_routes.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "engine/shell/shell_error.h"

namespace srwan {
namespace {

unsigned char familyOf(const IpPrefix& prefix) { return prefix.address.version == 4 ? AF_INET : AF_INET6; }

ByteView octetsOf(const IpAddress& address) { return {address.octets.data(), address.version == 4 ? 4u : 16u}; }

// Without this the kernel gives the device a link-local address and talks to itself over it. Where it may not be set
// nothing is lost.
void refuseLinkLocal(const std::string& name) {
  const FileDescriptor file(open(("/proc/sys/net/ipv6/conf/" + name + "/addr_gen_mode").c_str(), O_WRONLY | O_CLOEXEC));
  if (file.valid() && write(file.get(), "1", 1) != 1) return;
}

// An address of this machine that the members accept as a source: one inside our own prefixes.
std::optional<IpAddress> sourceFor(std::uint8_t version, const std::vector<IpPrefix>& local) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return std::nullopt;
  std::optional<IpAddress> found;
  for (const ifaddrs* item = list; item != nullptr && !found; item = item->ifa_next) {
    if (item->ifa_addr == nullptr || item->ifa_addr->sa_family != (version == 4 ? AF_INET : AF_INET6)) continue;
    IpAddress address{version, {}};
    if (version == 4) {
      std::memcpy(address.octets.data(), &reinterpret_cast<const sockaddr_in*>(item->ifa_addr)->sin_addr, 4);
    } else {
      std::memcpy(address.octets.data(), &reinterpret_cast<const sockaddr_in6*>(item->ifa_addr)->sin6_addr, 16);
    }
    if (std::any_of(local.begin(), local.end(), [&](const IpPrefix& prefix) { return prefix.contains(address); }))
      found = address;
  }
  freeifaddrs(list);
  return found;
}

fib_rule_hdr ruleHeader(int family, std::uint8_t action) {
  fib_rule_hdr header{};
  header.family = static_cast<std::uint8_t>(family);
  header.action = action;
  return header;
}

}  // namespace

OverlayRoutes::OverlayRoutes(const TunInit& tun, std::uint32_t mark)
    : name_(tun.name), index_(if_nametoindex(tun.name.c_str())), mark_(mark) {
  if (index_ == 0) throwSystemError("the device " + tun.name + " is not there", errno);
  refuseLinkLocal(name_);
  setUpDevice(tun);
  for (const int family : {AF_INET, AF_INET6}) removeRules(family);
}

OverlayRoutes::~OverlayRoutes() {
  for (const IpPrefix& prefix : routed_) changeRoute(prefix, false, {});
  if (!rules_) return;
  for (const int family : {AF_INET, AF_INET6}) removeRules(family);
}

void OverlayRoutes::setUpDevice(const TunInit& tun) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(index_);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  NetlinkRequest up(RTM_NEWLINK, 0, link);
  up.number(IFLA_MTU, tun.mtu);
  if (const int error = netlink_.request(up)) throwSystemError("cannot set up the device " + name_, error);
  for (const IpPrefix& prefix : tun.addresses) {
    ifaddrmsg body{};
    body.ifa_family = familyOf(prefix);
    body.ifa_prefixlen = prefix.length;
    body.ifa_flags = IFA_F_NODAD;
    body.ifa_index = index_;
    NetlinkRequest add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body);
    add.attribute(IFA_LOCAL, octetsOf(prefix.address)).attribute(IFA_ADDRESS, octetsOf(prefix.address));
    if (const int error = netlink_.request(add))
      throwSystemError("cannot give " + prefix.text() + " to the device " + name_, error);
  }
}

int OverlayRoutes::changeRoute(const IpPrefix& prefix, bool add, const std::vector<IpPrefix>& local) {
  rtmsg body{};
  body.rtm_family = familyOf(prefix);
  body.rtm_dst_len = prefix.length;
  body.rtm_table = RT_TABLE_UNSPEC;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  NetlinkRequest request(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0, body);
  request.attribute(RTA_DST, octetsOf(masked(prefix.address, prefix.length)))
      .number(RTA_OIF, index_)
      .number(RTA_TABLE, TABLE);
  const auto source = add ? sourceFor(prefix.address.version, local) : std::nullopt;
  if (source) request.attribute(RTA_PREFSRC, octetsOf(*source));
  return netlink_.request(request);
}

int OverlayRoutes::addRules(int family) {
  // What came in from our own device must not go out through it again.
  NetlinkRequest skip(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, ruleHeader(family, FR_ACT_GOTO));
  skip.number(FRA_PRIORITY, SKIP_PRIORITY).number(FRA_GOTO, LANDING_PRIORITY).text(FRA_IIFNAME, name_);
  fib_rule_hdr lookupHeader = ruleHeader(family, FR_ACT_TO_TBL);
  if (mark_ != 0) lookupHeader.flags = FIB_RULE_INVERT;
  NetlinkRequest lookup(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, lookupHeader);
  lookup.number(FRA_PRIORITY, LOOKUP_PRIORITY).number(FRA_TABLE, TABLE);
  // Our own outer packets never enter the overlay.
  if (mark_ != 0) lookup.number(FRA_FWMARK, mark_).number(FRA_FWMASK, 0xffffffff);
  NetlinkRequest landing(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, ruleHeader(family, FR_ACT_NOP));
  landing.number(FRA_PRIORITY, LANDING_PRIORITY);
  for (NetlinkRequest* rule : {&landing, &skip, &lookup}) {
    const int error = netlink_.request(*rule);
    if (error != 0 && error != EEXIST) return error;
  }
  return 0;
}

void OverlayRoutes::removeRules(int family) {
  for (const std::uint32_t priority : {SKIP_PRIORITY, LOOKUP_PRIORITY, LANDING_PRIORITY}) {
    int error = 0;
    // A predecessor may have left several.
    for (int i = 0; i < 16 && error == 0; ++i) {
      NetlinkRequest request(RTM_DELRULE, 0, ruleHeader(family, FR_ACT_UNSPEC));
      request.number(FRA_PRIORITY, priority);
      error = netlink_.request(request);
    }
  }
}

std::vector<std::string> OverlayRoutes::apply(const std::vector<IpPrefix>& wanted, const std::vector<IpPrefix>& local) {
  std::vector<std::string> problems;
  const auto contains = [](const std::vector<IpPrefix>& list, const IpPrefix& prefix) {
    return std::find(list.begin(), list.end(), prefix) != list.end();
  };
  if (!wanted.empty() && !rules_) {
    rules_ = true;
    for (const int family : {AF_INET, AF_INET6}) {
      if (const int error = addRules(family)) problems.push_back(systemMessage("cannot add the routing rule", error));
    }
  }
  for (const IpPrefix& prefix : routed_) {
    if (!contains(wanted, prefix)) changeRoute(prefix, false, {});
  }
  for (const IpPrefix& prefix : wanted) {
    if (contains(routed_, prefix)) continue;
    if (const int error = changeRoute(prefix, true, local))
      problems.push_back(systemMessage("cannot route " + prefix.text() + " to " + name_, error));
  }
  routed_ = wanted;
  return problems;
}

}  // namespace srwan
