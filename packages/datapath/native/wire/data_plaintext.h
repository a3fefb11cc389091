#pragma once

#include <optional>

#include "wire/bytes.h"

namespace srwan {

/** What a sealed segment packet may hold, by its first octet. */
enum class DataContent : std::uint8_t { ipPacket, probeRequest, probeReply, echo };

/** @returns nullopt for an empty plaintext and for reserved or unknown first octets */
constexpr std::optional<DataContent> dataContent(ByteView plaintext) noexcept {
  if (plaintext.empty()) return std::nullopt;
  const std::uint8_t first = plaintext[0];
  if ((first >> 4) == 4 || (first >> 4) == 6) return DataContent::ipPacket;
  if (first == 0x01) return DataContent::probeRequest;
  if (first == 0x02) return DataContent::probeReply;
  if (first == 0x03) return DataContent::echo;
  return std::nullopt;
}

/** Shorter requests and replies are refused. */
constexpr std::size_t MIN_PATH_PROBE_OCTETS = 34;
/** Size of a probe's plaintext unless asked otherwise: like a small data packet. */
constexpr std::size_t PATH_PROBE_OCTETS = 512;

/** End-to-end probe request. Times: ns of the measuring clocks. */
struct PathProbeRequestBody {
  /** Flag bit 0: the reply path is from now on the active reverse path. */
  bool activateReplyPath = false;
  std::uint8_t replyPath = 0;
  std::uint32_t sequence = 0;
  std::int64_t t1 = 0;
  /** Octets of plaintext that the reply is to have; 0 = as many as the request. */
  std::uint16_t replySize = 0;
};

/** Reply over the reverse path that the request named. */
struct PathProbeReplyBody {
  std::uint8_t replyPath = 0;
  std::uint32_t sequence = 0;
  std::int64_t t1 = 0;
  std::int64_t t2 = 0;
  std::int64_t t3 = 0;
  /** The egress's. */
  std::uint16_t clockEpoch = 0;
  /** Octets of plaintext that were decoded; not a field. */
  std::size_t size = 0;
};

/** Fill all of `out` (zeros at the end). @returns false where `out` is shorter than `MIN_PATH_PROBE_OCTETS` */
[[nodiscard]] bool encodePathProbeRequest(const PathProbeRequestBody& body, ByteSpan out) noexcept;
[[nodiscard]] bool encodePathProbeReply(const PathProbeReplyBody& body, ByteSpan out) noexcept;

/** @returns nullopt for another first octet, too few octets, or unknown flags */
std::optional<PathProbeRequestBody> decodePathProbeRequest(ByteView plaintext) noexcept;
std::optional<PathProbeReplyBody> decodePathProbeReply(ByteView plaintext) noexcept;

}  // namespace srwan
