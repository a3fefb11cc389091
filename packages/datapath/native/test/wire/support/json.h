#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace srwan::test {

/**
 * JSON as the vector files use it (RFC 8259 without fractions and exponents): a strict reader and a stable writer.
 * Everything wrong throws std::runtime_error, which fails the test that reads.
 */
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() : value_(nullptr) {}
  Json(bool value) : value_(value) {}
  Json(std::int64_t value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::uint32_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  static Json parse(std::string_view text);
  /** With two spaces of indentation and a line end; members in the order in which they were added. */
  std::string dump() const;

  bool isNull() const { return std::holds_alternative<std::nullptr_t>(value_); }
  bool asBool() const;
  std::int64_t asInteger() const;
  const std::string& asString() const;
  const Array& asArray() const;
  /** Member of an object; throws where it is missing. */
  const Json& operator[](std::string_view key) const;

 private:
  void write(std::string& out, std::size_t depth) const;

  std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object> value_;
};

}  // namespace srwan::test
