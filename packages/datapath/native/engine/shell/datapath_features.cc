#include "engine/shell/datapath_features.h"

#include <sys/socket.h>

#include <algorithm>
#include <thread>

namespace srwan {

std::uint32_t automaticThreads() { return std::clamp(std::thread::hardware_concurrency(), 1u, MAX_AUTOMATIC_THREADS); }

std::uint32_t grantedBufferOctets(int socket, int option) {
  int doubled = 0;
  socklen_t size = sizeof doubled;
  if (getsockopt(socket, SOL_SOCKET, option, &doubled, &size) != 0 || doubled < 0) return 0;
  // The kernel doubles what is asked for, to have room for its own records (socket(7)).
  return static_cast<std::uint32_t>(doubled) / 2;
}

}  // namespace srwan
