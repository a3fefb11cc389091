#include "ipv4.h"

#include <algorithm>
#include <cstring>

namespace wan {
namespace {

constexpr uint8_t kIcmp = 1;
constexpr uint32_t kErrorOctets = 548;  // RFC 1812: the error stays within 576 octets
constexpr uint32_t kMoreFragments = 0x2000;
constexpr uint32_t kOffsetMask = 0x1fff;

void sealHeader(uint8_t* header, uint32_t headerLength) {
  store16(header + 10, 0);
  store16(header + 10, internetChecksum(header, headerLength));
}

bool isIcmpError(const uint8_t* packet, uint32_t length) {
  const uint32_t header = (packet[0] & 15u) * 4;
  if (packet[9] != kIcmp || length <= header) return false;
  const uint8_t type = packet[header];
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

}  // namespace

uint16_t internetChecksum(const uint8_t* data, uint32_t length) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i + 1 < length; i += 2) sum += load16(data + i);
  if (length % 2 == 1) sum += static_cast<uint32_t>(data[length - 1]) << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

uint32_t fragmentationNeeded(const uint8_t* packet, uint32_t length, uint32_t router, uint32_t mtu, uint8_t* out) {
  if (isIcmpError(packet, length) || (load16(packet + 6) & kOffsetMask) != 0) return 0;
  const uint32_t quoted = std::min(length, kErrorOctets);
  const uint32_t total = 28 + quoted;
  std::memset(out, 0, 28);
  out[0] = 0x45;
  store16(out + 2, total);
  out[8] = 64;
  out[9] = kIcmp;
  store32(out + 12, router);
  std::memcpy(out + 16, packet + 12, 4);
  sealHeader(out, 20);
  out[20] = 3;  // destination unreachable
  out[21] = 4;  // fragmentation needed and DF set
  store16(out + 26, mtu);
  std::memcpy(out + 28, packet, quoted);
  store16(out + 22, internetChecksum(out + 20, 8 + quoted));
  return total;
}

uint32_t fragment(const uint8_t* packet, uint32_t length, uint32_t mtu, uint32_t index, uint8_t* out) {
  const uint32_t header = (packet[0] & 15u) * 4;
  const uint32_t step = (mtu - header) / 8 * 8;
  const uint32_t begin = index * step;
  if (step == 0 || begin >= length - header) return 0;
  const uint32_t size = std::min(step, length - header - begin);
  std::memcpy(out, packet, header);
  std::memcpy(out + header, packet + header + begin, size);
  const uint32_t old = load16(packet + 6);
  const bool more = begin + size < length - header || (old & kMoreFragments) != 0;
  store16(out + 2, header + size);
  store16(out + 6, ((old & kOffsetMask) + begin / 8) | (more ? kMoreFragments : 0));
  sealHeader(out, header);
  return header + size;
}

}  // namespace wan
