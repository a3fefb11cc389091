#pragma once

#include <fstream>
#include <sstream>

#include "support/hex.h"
#include "support/json.h"
#include "wire/secret.h"

namespace srwan::test {

inline std::string readText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/** A file of packages/spec/vectors. */
inline Json loadVectors(const std::string& name) {
  return Json::parse(readText(std::string(SRWAN_VECTORS_DIR) + "/" + name));
}

inline Bytes hexOf(const Json& value) { return fromHex(value.asString()); }

template <class Key>
Key secretOf(const Json& value) {
  auto key = Key::from(fromHex(value.asString()));
  if (!key) throw std::runtime_error("key of unexpected length");
  return std::move(*key);
}

/** 48- and 64-bit integers are decimal strings, since JSON numbers are not exact there. */
inline std::uint64_t unsignedOf(const Json& value) { return std::stoull(value.asString()); }
inline std::int64_t signedOf(const Json& value) { return std::stoll(value.asString()); }
/** SIDs are 16 hex digits. */
inline Sid sidOf(const Json& value) { return load64(arrayFromHex<8>(value.asString()).data()); }

}  // namespace srwan::test
