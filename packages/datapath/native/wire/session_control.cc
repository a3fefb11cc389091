#include "wire/session_control.h"

#include <algorithm>

namespace srwan {
namespace {

constexpr std::uint8_t FLAG_FORWARD = 1;
constexpr std::uint8_t FLAG_REVERSE = 2;
constexpr std::size_t PATH_FIXED_OCTETS = 4;
constexpr std::size_t PATH_SEGMENT_OCTETS = 10;

std::uint8_t octetOf(ControlMessage message) noexcept { return static_cast<std::uint8_t>(message); }

std::size_t pathSize(std::size_t segments) noexcept {
  return PATH_FIXED_OCTETS + segments * PATH_SEGMENT_OCTETS + (segments - 1) * HopRoot::SIZE;
}

bool isValid(const ReversePath& path) noexcept {
  return path.pathId != NO_PATH && path.color >= MIN_COLOR && path.color <= MAX_COLOR &&
         path.segmentCount <= MAX_SEGMENTS && (path.mtu == 0 || path.mtu >= BASE_MTU) &&
         isValidSegmentList(std::span<const Segment>(path.segments.data(), path.segmentCount));
}

/** Two entries with one id would leave open which of them holds. */
bool hasUniqueIds(std::span<const ReversePath> paths) noexcept {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (paths[i].pathId == paths[j].pathId) return false;
    }
  }
  return true;
}

std::uint8_t* putPath(const ReversePath& path, std::uint8_t* out) noexcept {
  out[0] = path.pathId;
  out[1] = static_cast<std::uint8_t>(path.color << 4 | path.segmentCount);
  store16(&out[2], path.mtu);
  out += PATH_FIXED_OCTETS;
  for (std::size_t i = 0; i < path.segmentCount; ++i, out += PATH_SEGMENT_OCTETS) {
    store64(out, path.segments[i].sid);
    store16(out + 8, static_cast<std::uint16_t>(static_cast<std::uint16_t>(path.segments[i].behaviour) << 10));
  }
  for (std::size_t i = 0; i + 1 < path.segmentCount; ++i)
    out = std::copy_n(path.hopRoots[i].data(), HopRoot::SIZE, out);
  return out;
}

bool readSegment(const std::uint8_t* in, Segment& segment) noexcept {
  const std::uint16_t behaviour = load16(in + 8);
  if ((behaviour & 0x3ff) != 0 || (behaviour >> 10) > 1) return false;
  segment = {load64(in), static_cast<Behaviour>(behaviour >> 10)};
  return true;
}

/** @returns octets read; 0 where the entry is not whole or not valid */
std::size_t readPath(ByteView in, ReversePath& path) noexcept {
  if (in.size() < PATH_FIXED_OCTETS) return 0;
  path.pathId = in[0];
  path.color = in[1] >> 4;
  path.segmentCount = in[1] & 0x0f;
  path.mtu = load16(&in[2]);
  if (path.segmentCount < 1 || path.segmentCount > MAX_SEGMENTS || in.size() < pathSize(path.segmentCount)) return 0;
  const std::uint8_t* next = &in[PATH_FIXED_OCTETS];
  for (std::size_t i = 0; i < path.segmentCount; ++i, next += PATH_SEGMENT_OCTETS) {
    if (!readSegment(next, path.segments[i])) return 0;
  }
  for (std::size_t i = 0; i + 1 < path.segmentCount; ++i, next += HopRoot::SIZE) {
    std::copy_n(next, HopRoot::SIZE, path.hopRoots[i].span().begin());
  }
  return isValid(path) ? pathSize(path.segmentCount) : 0;
}

std::optional<ControlBody> decodeOpen(ByteView in) noexcept {
  if (in.size() != OPEN_OCTETS || (in[1] & ~(FLAG_FORWARD | FLAG_REVERSE)) != 0 || load16(&in[2]) != 0)
    return std::nullopt;
  const OpenMessage message{(in[1] & FLAG_FORWARD) != 0,
                            (in[1] & FLAG_REVERSE) != 0,
                            load32(&in[4]),
                            load64(&in[8]),
                            load32(&in[16]),
                            load32(&in[20]),
                            load32(&in[24]),
                            load32(&in[28])};
  if ((!message.forward && !message.reverse) || message.session == 0 || message.egress == NO_SID ||
      message.rekeyIntervalMs == 0) {
    return std::nullopt;
  }
  return message;
}

std::optional<ControlBody> decodeAnswer(ByteView in) noexcept {
  if (in.size() != ANSWER_OCTETS || in[1] > static_cast<std::uint8_t>(AnswerCode::unknownSession) || in[3] != 0)
    return std::nullopt;
  const AnswerMessage message{static_cast<AnswerCode>(in[1]), static_cast<ControlMessage>(in[2]), load32(&in[4]),
                              load32(&in[8])};
  if (message.of != ControlMessage::open && message.of != ControlMessage::paths) return std::nullopt;
  if (message.session == 0) return std::nullopt;
  return message;
}

std::optional<ControlBody> decodePaths(ByteView in) noexcept {
  if (in.size() < PATHS_FIXED_OCTETS || in[1] > MAX_PATHS_PER_MESSAGE || in[2] == NO_PATH || load32(&in[4]) == 0)
    return std::nullopt;
  std::optional<ControlBody> body(std::in_place, std::in_place_type<PathsMessage>);
  PathsMessage& message = std::get<PathsMessage>(*body);
  message.count = in[1];
  message.active = in[2];
  message.standby = in[3];
  message.session = load32(&in[4]);
  message.sequence = load32(&in[8]);
  ByteView rest = in.subspan(PATHS_FIXED_OCTETS);
  for (std::size_t i = 0; i < message.count; ++i) {
    const std::size_t read = readPath(rest, message.paths[i]);
    if (read == 0) return std::nullopt;
    rest = rest.subspan(read);
  }
  if (!rest.empty() || !hasUniqueIds(std::span<const ReversePath>(message.paths.data(), message.count)))
    return std::nullopt;
  return body;
}

std::optional<ControlBody> decodeClose(ByteView in) noexcept {
  if (in.size() != CLOSE_OCTETS || load16(&in[2]) != 0 || load32(&in[4]) == 0) return std::nullopt;
  return CloseMessage{in[1], load32(&in[4])};
}

}  // namespace

std::size_t encodeOpen(const OpenMessage& message, ByteSpan out) noexcept {
  if (out.size() < OPEN_OCTETS) return 0;
  out[0] = octetOf(ControlMessage::open);
  out[1] = static_cast<std::uint8_t>((message.forward ? FLAG_FORWARD : 0) | (message.reverse ? FLAG_REVERSE : 0));
  store16(&out[2], 0);
  store32(&out[4], message.session);
  store64(&out[8], message.egress);
  store32(&out[16], message.rekeyIntervalMs);
  store32(&out[20], message.elapsedMs);
  store32(&out[24], message.remainingMs);
  store32(&out[28], message.sequence);
  return decodeOpen(out.first(OPEN_OCTETS)) ? OPEN_OCTETS : 0;
}

std::size_t encodeAnswer(const AnswerMessage& message, ByteSpan out) noexcept {
  if (out.size() < ANSWER_OCTETS) return 0;
  out[0] = octetOf(ControlMessage::answer);
  out[1] = static_cast<std::uint8_t>(message.code);
  out[2] = octetOf(message.of);
  out[3] = 0;
  store32(&out[4], message.session);
  store32(&out[8], message.sequence);
  return decodeAnswer(out.first(ANSWER_OCTETS)) ? ANSWER_OCTETS : 0;
}

std::size_t encodePaths(const PathsMessage& message, ByteSpan out) noexcept {
  if (message.count > MAX_PATHS_PER_MESSAGE || message.session == 0 || message.active == NO_PATH) return 0;
  const std::span<const ReversePath> paths(message.paths.data(), message.count);
  std::size_t size = PATHS_FIXED_OCTETS;
  for (const ReversePath& path : paths) {
    if (!isValid(path)) return 0;
    size += pathSize(path.segmentCount);
  }
  if (out.size() < size || !hasUniqueIds(paths)) return 0;
  out[0] = octetOf(ControlMessage::paths);
  out[1] = message.count;
  out[2] = message.active;
  out[3] = message.standby;
  store32(&out[4], message.session);
  store32(&out[8], message.sequence);
  std::uint8_t* next = out.data() + PATHS_FIXED_OCTETS;
  for (const ReversePath& path : paths) next = putPath(path, next);
  return size;
}

std::size_t encodeClose(const CloseMessage& message, ByteSpan out) noexcept {
  if (out.size() < CLOSE_OCTETS || message.session == 0) return 0;
  out[0] = octetOf(ControlMessage::close);
  out[1] = message.reason;
  store16(&out[2], 0);
  store32(&out[4], message.session);
  return CLOSE_OCTETS;
}

std::optional<ControlBody> decodeControl(ByteView plaintext) noexcept {
  if (plaintext.empty()) return std::nullopt;
  switch (plaintext[0]) {
    case static_cast<std::uint8_t>(ControlMessage::open):
      return decodeOpen(plaintext);
    case static_cast<std::uint8_t>(ControlMessage::answer):
      return decodeAnswer(plaintext);
    case static_cast<std::uint8_t>(ControlMessage::paths):
      return decodePaths(plaintext);
    case static_cast<std::uint8_t>(ControlMessage::close):
      return decodeClose(plaintext);
    default:
      return std::nullopt;
  }
}

}  // namespace srwan
