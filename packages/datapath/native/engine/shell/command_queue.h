// Commands from JavaScript's thread to the datapath's. The datapath never waits for them.
#pragma once

#include <sys/eventfd.h>

#include <functional>
#include <mutex>
#include <vector>

#include "engine/engine.h"
#include "engine/shell/file_descriptor.h"

namespace srwan {

class CommandQueue {
 public:
  using Command = std::function<void(Engine&, Nanos now)>;
  static constexpr std::size_t MAX_COMMANDS = 1024;

  CommandQueue() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  int fd() const { return wake_.get(); }

  // @param always a command that may not be lost; there is one kind of them, and JavaScript waits for the last before
  // the next
  // @returns false where the queue is full
  bool post(Command command, bool always = false) {
    {
      const std::lock_guard lock(mutex_);
      if (!always && commands_.size() >= MAX_COMMANDS) return false;
      commands_.push_back(std::move(command));
    }
    wakeUp();
    return true;
  }

  void wakeUp() {
    const std::uint64_t one = 1;
    if (write(wake_.get(), &one, sizeof one) < 0) return;
  }

  void run(Engine& engine, Nanos now) {
    std::uint64_t count = 0;
    if (read(wake_.get(), &count, sizeof count) < 0) count = 0;
    std::vector<Command> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(commands_);
    }
    for (Command& command : taken) command(engine, now);
  }

 private:
  FileDescriptor wake_;
  std::mutex mutex_;
  std::vector<Command> commands_;
};

}  // namespace srwan
