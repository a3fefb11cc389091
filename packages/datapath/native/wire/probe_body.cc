#include "wire/probe_body.h"

#include <algorithm>

namespace srwan {
namespace {

constexpr std::uint32_t FLAG_REPLY = 1;

}  // namespace

bool encodeProbeBody(const ProbeBody& body, ByteSpan out) noexcept {
  if (body.columnPart.size() > MAX_COLUMN_PART_OCTETS || out.size() != probeBodySize(body)) return false;
  if (!body.reply && (body.t2 != 0 || body.t3 != 0)) return false;
  store64(&out[0], static_cast<std::uint64_t>(body.t1));
  store64(&out[8], static_cast<std::uint64_t>(body.t2));
  store64(&out[16], static_cast<std::uint64_t>(body.t3));
  store16(&out[24], body.clockEpoch);
  store16(&out[26], body.columnSeen);
  store32(&out[28], body.reply ? FLAG_REPLY : 0);
  const auto end = std::copy(body.columnPart.begin(), body.columnPart.end(), out.begin() + PROBE_FIXED_OCTETS);
  std::fill(end, out.end(), std::uint8_t{0});
  return true;
}

std::optional<ProbeBody> decodeProbeBody(ByteView plaintext) noexcept {
  if (plaintext.size() < PROBE_FIXED_OCTETS || plaintext.size() > PROBE_BODY_OCTETS) return std::nullopt;
  const std::uint32_t flags = load32(&plaintext[28]);
  if ((flags & ~FLAG_REPLY) != 0) return std::nullopt;
  ProbeBody body;
  body.reply = flags == FLAG_REPLY;
  body.t1 = static_cast<std::int64_t>(load64(&plaintext[0]));
  body.t2 = static_cast<std::int64_t>(load64(&plaintext[8]));
  body.t3 = static_cast<std::int64_t>(load64(&plaintext[16]));
  body.clockEpoch = load16(&plaintext[24]);
  body.columnSeen = load16(&plaintext[26]);
  body.columnPart = plaintext.subspan(PROBE_FIXED_OCTETS);
  // A request shorter than the longest reply would let the reflector amplify.
  if (!body.reply && (plaintext.size() != PROBE_BODY_OCTETS || body.t2 != 0 || body.t3 != 0)) return std::nullopt;
  return body;
}

}  // namespace srwan
