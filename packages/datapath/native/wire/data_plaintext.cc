#include "wire/data_plaintext.h"

#include <algorithm>

namespace srwan {
namespace {

constexpr std::uint8_t REQUEST_OCTET = 0x01;
constexpr std::uint8_t REPLY_OCTET = 0x02;
constexpr std::uint8_t FLAG_ACTIVATE = 1;

void putHead(ByteSpan out, std::uint8_t first, std::uint8_t flags, std::uint8_t replyPath) noexcept {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  out[0] = first;
  out[1] = flags;
  out[2] = replyPath;
}

bool hasHead(ByteView plaintext, std::uint8_t first, std::uint8_t knownFlags) noexcept {
  return plaintext.size() >= MIN_PATH_PROBE_OCTETS && plaintext[0] == first && (plaintext[1] & ~knownFlags) == 0 &&
         plaintext[3] == 0;
}

}  // namespace

bool encodePathProbeRequest(const PathProbeRequestBody& body, ByteSpan out) noexcept {
  if (out.size() < MIN_PATH_PROBE_OCTETS) return false;
  putHead(out, REQUEST_OCTET, body.activateReplyPath ? FLAG_ACTIVATE : 0, body.replyPath);
  store32(&out[4], body.sequence);
  store64(&out[8], static_cast<std::uint64_t>(body.t1));
  store16(&out[16], body.replySize);
  return true;
}

bool encodePathProbeReply(const PathProbeReplyBody& body, ByteSpan out) noexcept {
  if (out.size() < MIN_PATH_PROBE_OCTETS) return false;
  putHead(out, REPLY_OCTET, 0, body.replyPath);
  store32(&out[4], body.sequence);
  store64(&out[8], static_cast<std::uint64_t>(body.t1));
  store64(&out[16], static_cast<std::uint64_t>(body.t2));
  store64(&out[24], static_cast<std::uint64_t>(body.t3));
  store16(&out[32], body.clockEpoch);
  return true;
}

std::optional<PathProbeRequestBody> decodePathProbeRequest(ByteView plaintext) noexcept {
  if (!hasHead(plaintext, REQUEST_OCTET, FLAG_ACTIVATE)) return std::nullopt;
  return PathProbeRequestBody{plaintext[1] == FLAG_ACTIVATE, plaintext[2], load32(&plaintext[4]),
                              static_cast<std::int64_t>(load64(&plaintext[8])), load16(&plaintext[16])};
}

std::optional<PathProbeReplyBody> decodePathProbeReply(ByteView plaintext) noexcept {
  if (!hasHead(plaintext, REPLY_OCTET, 0)) return std::nullopt;
  return PathProbeReplyBody{plaintext[2],
                            load32(&plaintext[4]),
                            static_cast<std::int64_t>(load64(&plaintext[8])),
                            static_cast<std::int64_t>(load64(&plaintext[16])),
                            static_cast<std::int64_t>(load64(&plaintext[24])),
                            load16(&plaintext[32]),
                            plaintext.size()};
}

}  // namespace srwan
