// What this machine lets a running datapath use: settled at its start, for people and for JavaScript (DatapathFeatures
// of the interface package).
#pragma once

#include "engine/lane.h"
#include "wire/aead_suite.h"

namespace srwan {

// `off` = there is no device; each of the others includes the ones before it.
enum class TunOffload : std::uint8_t { off, none, checksum, tso, tsoUso };

struct DatapathFeatures {
  std::uint32_t threads = 1;
  AeadSuite cipher = AeadSuite::aes256Gcm;
  TunOffload tunOffload = TunOffload::off;
  bool udpSegmentation = false;
  bool udpReceiveOffload = false;
  bool steering = false;
  // Octets of payload.
  std::uint32_t receiveBufferOctets = 0;
  std::uint32_t sendBufferOctets = 0;
  std::uint32_t wantedBufferOctets = 0;
};

inline constexpr std::uint32_t MAX_THREADS = MAX_LANES;
// More threads than this are for those who ask.
inline constexpr std::uint32_t MAX_AUTOMATIC_THREADS = 4;

// One for each processor that this process may use, at most MAX_AUTOMATIC_THREADS.
std::uint32_t automaticThreads();

// What the kernel granted a socket. @param option SO_RCVBUF or SO_SNDBUF
std::uint32_t grantedBufferOctets(int socket, int option);

}  // namespace srwan
