#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "wire/bytes.h"

namespace srwan::test {

using Bytes = std::vector<std::uint8_t>;

inline std::string toHex(ByteView octets) {
  constexpr std::string_view DIGITS = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t octet : octets) {
    out += DIGITS[octet >> 4];
    out += DIGITS[octet & 15];
  }
  return out;
}

inline std::uint8_t hexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  throw std::runtime_error(std::string("not a lower-case hex digit: ") + c);
}

inline Bytes fromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw std::runtime_error("hex of odd length");
  Bytes out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>((hexDigit(hex[i]) << 4) | hexDigit(hex[i + 1])));
  return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> arrayFromHex(std::string_view hex) {
  const Bytes octets = fromHex(hex);
  if (octets.size() != N) throw std::runtime_error("hex of unexpected length");
  std::array<std::uint8_t, N> out;
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

}  // namespace srwan::test
