#include "wire/echo.h"

#include <algorithm>

namespace srwan {
namespace {

constexpr std::uint8_t FLAG_FINAL = 1;

std::uint64_t order(const EchoEntry& entry) noexcept { return std::uint64_t{entry.epoch} << 8 | entry.pathId; }

// Strictly ascending, so that nothing is said twice and there is one way to say it.
bool ascending(std::span<const EchoEntry> entries) noexcept {
  return std::adjacent_find(entries.begin(), entries.end(), [](const EchoEntry& a, const EchoEntry& b) {
           return order(a) >= order(b);
         }) == entries.end();
}

}  // namespace

std::size_t encodeEcho(const EchoBody& body, ByteSpan out) noexcept {
  if (body.count == 0 || body.count > MAX_ECHO_ENTRIES || !ascending(body.view())) return 0;
  const std::size_t size = ECHO_HEAD_OCTETS + body.count * ECHO_ENTRY_OCTETS;
  if (out.size() < size) return 0;
  std::fill_n(out.begin(), size, std::uint8_t{0});
  out[0] = ECHO_OCTET;
  out[1] = static_cast<std::uint8_t>(body.count);
  out[2] = body.final ? FLAG_FINAL : 0;
  store32(&out[4], body.sequence);
  std::uint8_t* at = &out[ECHO_HEAD_OCTETS];
  for (const EchoEntry& entry : body.view()) {
    at[0] = entry.pathId;
    store32(at + 4, entry.epoch);
    store64(at + 8, entry.octets);
    at += ECHO_ENTRY_OCTETS;
  }
  return size;
}

std::optional<EchoBody> decodeEcho(ByteView plaintext) noexcept {
  if (plaintext.size() < ECHO_HEAD_OCTETS + ECHO_ENTRY_OCTETS || plaintext[0] != ECHO_OCTET) return std::nullopt;
  EchoBody body;
  body.count = plaintext[1];
  if (body.count == 0 || body.count > MAX_ECHO_ENTRIES || (plaintext[2] & ~FLAG_FINAL) != 0 || plaintext[3] != 0 ||
      plaintext.size() != ECHO_HEAD_OCTETS + body.count * ECHO_ENTRY_OCTETS)
    return std::nullopt;
  body.final = plaintext[2] == FLAG_FINAL;
  body.sequence = load32(&plaintext[4]);
  for (std::size_t i = 0; i < body.count; ++i) {
    const std::uint8_t* at = &plaintext[ECHO_HEAD_OCTETS + i * ECHO_ENTRY_OCTETS];
    if (at[1] != 0 || at[2] != 0 || at[3] != 0) return std::nullopt;
    body.entries[i] = {load32(at + 4), at[0], load64(at + 8)};
  }
  if (!ascending(body.view())) return std::nullopt;
  return body;
}

}  // namespace srwan
