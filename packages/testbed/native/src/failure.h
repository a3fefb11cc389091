// A failure that the supervisor can explain: a stable code, and what the system said.
#pragma once
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace wan {

class Failure : public std::runtime_error {
 public:
  Failure(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/// The code for errno `error` while doing `what` ("open /dev/net/tun").
inline Failure systemFailure(const std::string& what, int error = errno) {
  const char* code = "ERR_SYSTEM";
  if (error == EPERM || error == EACCES) code = "ERR_NO_PRIVILEGE";
  if (error == ENOENT || error == ENODEV || error == ENXIO) code = "ERR_NO_DEVICE";
  if (error == ENOSPC) code = "ERR_NO_PRIVILEGE";  // user.max_user_namespaces or max_net_namespaces used up
  return Failure(code, what + ": " + std::strerror(error));
}

}  // namespace wan
