#include "wire/hkdf.h"

#include <algorithm>
#include <stdexcept>

namespace srwan {
namespace {

constexpr std::size_t MAX_INFO_PARTS = 8;
constexpr std::size_t HASH_OCTETS = 32;

}  // namespace

Prk hkdfExtract(ByteView salt, ByteView inputKey) {
  Digest digest = hmacSha256(salt, {inputKey});
  Prk prk;
  std::copy(digest.begin(), digest.end(), prk.span().begin());
  wipe(digest);
  return prk;
}

void hkdfExpand(ByteView prk, std::initializer_list<ByteView> info, ByteSpan out) {
  if (info.size() > MAX_INFO_PARTS || out.size() > 255 * HASH_OCTETS)
    throw std::length_error("HKDF-Expand out of its bounds");
  Digest block{};
  std::uint8_t index = 0;
  for (std::size_t done = 0; done < out.size();) {
    ++index;
    std::array<ByteView, MAX_INFO_PARTS + 2> parts;
    std::size_t count = 0;
    if (index > 1) parts[count++] = block;
    for (const ByteView part : info) parts[count++] = part;
    parts[count++] = ByteView(&index, 1);
    block = hmacSha256(prk, std::span<const ByteView>(parts.data(), count));
    const std::size_t take = std::min(HASH_OCTETS, out.size() - done);
    std::copy_n(block.begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  wipe(block);
}

}  // namespace srwan
