// Unix socket on which one JSON line asks and one JSON line answers; never blocks the forwarder that shares its thread.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "file-descriptor.h"

namespace wan {

constexpr size_t kMaxClients = 16;
/// Unread answer octets after which a client is dropped: a reply about every pair of 128 nodes fits.
constexpr size_t kMaxUnread = 8 << 20;

class ControlSocket {
 public:
  using Answer = std::function<std::string(std::string_view line)>;

  /// @throws Failure where the path cannot be bound
  ControlSocket(const std::string& path, int epoll, Answer answer);

  /// Handles an event of `fd` if it is one of its own. @returns whether it was
  bool handle(int fd, uint32_t events);

 private:
  struct Client {
    FileDescriptor socket;
    std::string received;
    std::string unsent;
  };

  void acceptClient();
  bool readFrom(Client& client);
  bool flush(Client& client);

  int epoll_;
  Answer answer_;
  FileDescriptor listener_;
  std::map<int, Client> clients_;
};

}  // namespace wan
