// A resource of the machine that is not to be had; the codes are those of UnavailableResourceError.
#pragma once

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace srwan {

class ShellError : public std::runtime_error {
 public:
  ShellError(const char* code, const std::string& message, const std::string& remedy)
      : std::runtime_error(message), code_(code), remedy_(remedy) {}

  const char* code() const { return code_; }
  const std::string& remedy() const { return remedy_; }

 private:
  const char* code_;
  std::string remedy_;
};

inline std::string systemMessage(const std::string& what, int error) { return what + ": " + std::strerror(error); }

[[noreturn]] inline void throwSystemError(const std::string& what, int error) {
  const bool privilege = error == EPERM || error == EACCES;
  throw ShellError(
      privilege ? "ERR_NO_PRIVILEGE" : "ERR_NO_DEVICE", systemMessage(what, error),
      privilege ? "run as root or give the program CAP_NET_ADMIN" : "look at `ip link` and the kernel's log");
}

}  // namespace srwan
