#pragma once

#include <optional>

#include "wire/bytes.h"

namespace srwan {

/** First octet of the plaintext. */
constexpr std::uint8_t ECHO_OCTET = 0x03;
constexpr std::size_t ECHO_HEAD_OCTETS = 8;
constexpr std::size_t ECHO_ENTRY_OCTETS = 16;
/** With the longest header still a packet of less than 1280 octets. */
constexpr std::size_t MAX_ECHO_ENTRIES = 48;
constexpr std::size_t MAX_ECHO_OCTETS = ECHO_HEAD_OCTETS + MAX_ECHO_ENTRIES * ECHO_ENTRY_OCTETS;

/** What the egress has accepted under one path id in one key epoch, UDP payload; cumulative. */
struct EchoEntry {
  std::uint32_t epoch = 0;
  std::uint8_t pathId = 0;
  std::uint64_t octets = 0;

  friend bool operator==(const EchoEntry&, const EchoEntry&) = default;
};

/** What the egress tells the ingress about the forward direction (packages/spec/protocol/accounting.md). */
struct EchoBody {
  /** Flag bit 0: the egress counts no more of this session. */
  bool final = false;
  /** Grows by one with each echo of a session. */
  std::uint32_t sequence = 0;
  /** 1 … MAX_ECHO_ENTRIES. */
  std::size_t count = 0;
  /** The first `count` of them, strictly ascending by epoch, then path id. */
  std::array<EchoEntry, MAX_ECHO_ENTRIES> entries{};

  std::span<const EchoEntry> view() const noexcept { return {entries.data(), count}; }
};

/** @returns octets written; 0 where the body breaks its rules or `out` is too short */
[[nodiscard]] std::size_t encodeEcho(const EchoBody& body, ByteSpan out) noexcept;
/** @returns nullopt for anything that `encodeEcho` would not have written */
std::optional<EchoBody> decodeEcho(ByteView plaintext) noexcept;

}  // namespace srwan
