// Requests to the kernel's rtnetlink (RFC 3549), one at a time, each acknowledged.
#pragma once

#include <linux/netlink.h>

#include <functional>
#include <vector>

#include "engine/shell/file_descriptor.h"
#include "wire/bytes.h"

namespace srwan {

class NetlinkRequest {
 public:
  template <class Body>
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const Body& body) : octets_(NLMSG_HDRLEN) {
    append(&body, sizeof body);
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }

  NetlinkRequest& attribute(std::uint16_t type, ByteView value);
  NetlinkRequest& number(std::uint16_t type, std::uint32_t value);
  NetlinkRequest& text(std::uint16_t type, const std::string& value);

  ByteSpan finish(std::uint32_t sequence);

 private:
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(octets_.data()); }
  void append(const void* data, std::size_t size);

  std::vector<std::uint8_t> octets_;
};

class Netlink {
 public:
  Netlink();

  // @returns 0 or the kernel's error number
  int request(NetlinkRequest& request);
  // Calls `visit` with each answer.
  int dump(NetlinkRequest& request, const std::function<void(const nlmsghdr&)>& visit);

 private:
  int receive(std::uint32_t sequence, const std::function<void(const nlmsghdr&)>& visit);

  FileDescriptor fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace srwan
