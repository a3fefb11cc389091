#pragma once

#include <optional>
#include <variant>

#include "wire/secret.h"
#include "wire/segment_packet.h"

namespace srwan {

enum class ControlMessage : std::uint8_t { open = 1, answer = 2, paths = 3, close = 4 };
enum class AnswerCode : std::uint8_t { ok = 0, sessionTaken = 1, limit = 2, transitRefused = 3, unknownSession = 4 };

/** Ingress → transit: carry this session. Durations in ms. */
struct OpenMessage {
  bool forward = false;
  bool reverse = false;
  std::uint32_t session = 0;
  Sid egress = NO_SID;
  std::uint32_t rekeyIntervalMs = 0;
  /** Age of the session at the ingress when this was sent. */
  std::uint32_t elapsedMs = 0;
  /** When to free it, counted from arrival. */
  std::uint32_t remainingMs = 0;
  std::uint32_t sequence = 0;
};

/** To whoever sent OPEN or PATHS. */
struct AnswerMessage {
  AnswerCode code = AnswerCode::ok;
  /** `open` or `paths`. */
  ControlMessage of = ControlMessage::open;
  std::uint32_t session = 0;
  /** That of the message that is answered. */
  std::uint32_t sequence = 0;
};

/** Inner packets up to here fit every path that is used: IPv6's least MTU. */
constexpr std::uint16_t BASE_MTU = 1280;
constexpr std::size_t MAX_PATHS_PER_MESSAGE = 6;
/** In place of a path id: none. Never a path id itself. */
constexpr std::uint8_t NO_PATH = 255;

/** A reverse path with what its headend, the egress, needs to prove it to the transits. */
struct ReversePath {
  std::uint8_t pathId = 0;
  std::uint8_t color = MIN_COLOR;
  /** Largest inner packet that the path is known to carry; 0 = it carries less than `BASE_MTU` and is not to be used.
   */
  std::uint16_t mtu = BASE_MTU;
  /** 1 … 4; the last is the ingress with `End.DT46`. */
  std::uint8_t segmentCount = 0;
  std::array<Segment, MAX_SEGMENTS> segments{};
  /** R_i (reverse) of the transits: the first `segmentCount − 1`. */
  std::array<HopRoot, MAX_SEGMENTS - 1> hopRoots;
};

/** Ingress → egress: the reverse paths of a session. */
struct PathsMessage {
  /** Path ids (not indexes), of this or an earlier message; standby may be `NO_PATH`. */
  std::uint8_t active = 0;
  std::uint8_t standby = NO_PATH;
  std::uint32_t session = 0;
  std::uint32_t sequence = 0;
  /** 0 … `MAX_PATHS_PER_MESSAGE`. */
  std::uint8_t count = 0;
  std::array<ReversePath, MAX_PATHS_PER_MESSAGE> paths;
};

/** Either end → the other hops: forget this session. */
struct CloseMessage {
  /** 0 = done, 1 = replaced by a newer session, 2 = the policy is gone, 3 = shutting down; unknown values are as 0. */
  std::uint8_t reason = 0;
  std::uint32_t session = 0;
};

constexpr std::size_t OPEN_OCTETS = 32;
constexpr std::size_t ANSWER_OCTETS = 12;
constexpr std::size_t CLOSE_OCTETS = 8;
constexpr std::size_t PATHS_FIXED_OCTETS = 12;
constexpr std::size_t MAX_PATHS_OCTETS =
    PATHS_FIXED_OCTETS + MAX_PATHS_PER_MESSAGE * (4 + MAX_SEGMENTS * 10 + (MAX_SEGMENTS - 1) * HopRoot::SIZE);

using ControlBody = std::variant<OpenMessage, AnswerMessage, PathsMessage, CloseMessage>;

/** Each writes one message to the front of `out`. @returns octets written; 0 where `out` is too short or the message is
 * one that `decodeControl` refuses */
[[nodiscard]] std::size_t encodeOpen(const OpenMessage& message, ByteSpan out) noexcept;
[[nodiscard]] std::size_t encodeAnswer(const AnswerMessage& message, ByteSpan out) noexcept;
[[nodiscard]] std::size_t encodePaths(const PathsMessage& message, ByteSpan out) noexcept;
[[nodiscard]] std::size_t encodeClose(const CloseMessage& message, ByteSpan out) noexcept;

/**
 * Decodes the body of a kind 5 packet; exact length, zero padding, known codes, session ≠ 0, valid segment lists.
 * Nothing is allocated; a `PathsMessage` holds its keys itself and wipes them.
 */
std::optional<ControlBody> decodeControl(ByteView plaintext) noexcept;

}  // namespace srwan
