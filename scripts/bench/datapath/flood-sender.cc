// Sends datagrams of a stranger to an overlay's port at a fixed rate: octets at random, and random octets behind each first octet that the
// protocol knows, so that they get as far as an unauthenticated packet can.
//   flood-sender ADDRESS PORT SECONDS PACKETS-A-SECOND OCTETS
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

constexpr std::size_t kDistinct = 512;
constexpr std::uint8_t kVersion = 1 << 5;
constexpr std::uint8_t kKinds = 7;
constexpr long kSlotNs = 1'000'000;
constexpr unsigned kSeed = 4801;

std::vector<std::vector<std::uint8_t>> makePackets(std::size_t octets) {
  std::mt19937 random(kSeed);
  std::vector<std::vector<std::uint8_t>> packets(kDistinct, std::vector<std::uint8_t>(octets));
  for (std::size_t i = 0; i < packets.size(); ++i) {
    for (auto& octet : packets[i]) octet = static_cast<std::uint8_t>(random());
    const std::size_t kind = i % (kKinds + 1);
    if (kind != 0) packets[i][0] = static_cast<std::uint8_t>(kVersion | kind);
  }
  return packets;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) return 2;
  const long slots = std::atol(argv[3]) * 1000;
  const std::size_t rate = std::strtoul(argv[4], nullptr, 10);
  auto packets = makePackets(std::strtoul(argv[5], nullptr, 10));
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return 1;

  std::vector<iovec> parts(packets.size());
  std::vector<mmsghdr> messages(packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    parts[i] = {packets[i].data(), packets[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }

  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  std::uint64_t sent = 0;
  for (long slot = 1; slot <= slots; ++slot) {
    const std::uint64_t due = static_cast<std::uint64_t>(slot) * rate / 1000;
    while (sent < due) {
      const std::size_t first = sent % messages.size();
      const std::size_t count = std::min<std::uint64_t>(due - sent, messages.size() - first);
      const int done = sendmmsg(fd, &messages[first], static_cast<unsigned>(count), 0);
      sent += done > 0 ? static_cast<std::uint64_t>(done) : 1;
    }
    at.tv_nsec += kSlotNs;
    if (at.tv_nsec >= 1'000'000'000) at = {at.tv_sec + 1, at.tv_nsec - 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sent));
  close(fd);
  return 0;
}
