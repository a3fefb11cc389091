#include "control-socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "failure.h"
#include "json-line.h"

namespace wan {
namespace {

void watch(int epoll, int fd, uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

ControlSocket::ControlSocket(const std::string& path, int epoll, Answer answer)
    : epoll_(epoll),
      answer_(std::move(answer)),
      listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Failure("ERR_INVALID_INPUT", path + ": longer than a socket path may be");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  unlink(path.c_str());
  const mode_t before = umask(0077);
  const int bound = bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  umask(before);
  if (bound != 0 || listen(listener_.get(), static_cast<int>(kMaxClients)) != 0)
    throw systemFailure("listen on " + path);
  watch(epoll_, listener_.get(), EPOLLIN);
}

bool ControlSocket::handle(int fd, uint32_t events) {
  if (fd == listener_.get()) {
    acceptClient();
    return true;
  }
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return false;
  const bool readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
  if ((readable && !readFrom(found->second)) || !flush(found->second)) clients_.erase(found);
  return true;
}

void ControlSocket::acceptClient() {
  FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket || clients_.size() >= kMaxClients) return;
  const int fd = socket.get();
  clients_[fd].socket = std::move(socket);
  watch(epoll_, fd, EPOLLIN);
}

bool ControlSocket::readFrom(Client& client) {
  char buffer[kMaxLine];
  const ssize_t length = recv(client.socket.get(), buffer, sizeof buffer, 0);
  if (length < 0) return errno == EAGAIN || errno == EINTR;
  if (length == 0) return false;
  client.received.append(buffer, static_cast<size_t>(length));
  for (size_t end; (end = client.received.find('\n')) != std::string::npos;) {
    client.unsent += answer_(std::string_view(client.received).substr(0, end)) + "\n";
    client.received.erase(0, end + 1);
  }
  return client.received.size() <= kMaxLine && client.unsent.size() <= kMaxUnread;
}

bool ControlSocket::flush(Client& client) {
  while (!client.unsent.empty()) {
    const ssize_t sent = ::send(client.socket.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) return false;
      watch(epoll_, client.socket.get(), EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
      return true;
    }
    client.unsent.erase(0, static_cast<size_t>(sent));
  }
  watch(epoll_, client.socket.get(), EPOLLIN, EPOLL_CTL_MOD);
  return true;
}

}  // namespace wan
