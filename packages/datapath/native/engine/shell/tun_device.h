// The TUN through which inner packets come and go.
#pragma once

#include <string>

#include "engine/shell/file_descriptor.h"
#include "wire/bytes.h"

namespace srwan {

class TunDevice {
 public:
  // @param name at most 15 characters · @throws ShellError ERR_NO_DEVICE, ERR_NO_PRIVILEGE, ERR_ALREADY_RUNNING
  explicit TunDevice(const std::string& name);

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }
  // @returns octets read; 0 where there is no packet, −1 where the device is gone
  int read(ByteSpan out);
  bool write(ByteView packet);

 private:
  FileDescriptor fd_;
  std::string name_;
};

}  // namespace srwan
