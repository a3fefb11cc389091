// A node's network namespace: made by a child process that then only waits. The namespace lives as long as processes in
// it do, so nothing is left on the machine when they end; the child dies with its parent.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "file-descriptor.h"

namespace wan {

/// Name of the underlay device in every node's namespace.
constexpr const char* kDeviceName = "wan0";

struct HolderRequest {
  std::string name;
  uint32_t address = 0;       ///< underlay IPv4, host order
  uint32_t prefixLength = 0;  ///< of the whole underlay: everything in it is reached through the device
  uint32_t marker = 0;        ///< 127.0.0.0/8 address on lo that tells this testnet's namespaces from any other's
};

class NamespaceHolder {
 public:
  /// Forks the child; several are started before the first is awaited, so that they work side by side.
  /// @throws Failure where fork or socketpair fail
  explicit NamespaceHolder(const HolderRequest& request);
  NamespaceHolder(NamespaceHolder&&) = default;
  ~NamespaceHolder();

  /// Waits until the namespace and its device are ready.
  /// @returns the TUN device, non-blocking, without IFF_VNET_HDR
  /// @throws Failure with what the child could not do
  FileDescriptor takeDevice();

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  FileDescriptor channel_;
};

/// Enters a fresh user namespace in which the caller is root, where it is not root already.
/// @throws Failure ERR_NO_PRIVILEGE where user namespaces are not to be had
void becomeNamespaceRoot();

}  // namespace wan
