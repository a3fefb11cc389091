#include <cmath>

#include "binding/js_values.h"

namespace srwan::binding {

Field Field::get(const char* name) const {
  if (!value.IsObject()) refuse("must be an object");
  return {value.As<Napi::Object>().Get(name), path.empty() ? name : path + '.' + name};
}

std::vector<Field> Field::elements(std::size_t limit) const {
  if (!value.IsArray()) refuse("must be an array");
  const auto array = value.As<Napi::Array>();
  if (array.Length() > limit) refuse("has more than " + std::to_string(limit) + " elements");
  std::vector<Field> list;
  for (std::uint32_t i = 0; i < array.Length(); ++i) list.push_back({array.Get(i), path + '.' + std::to_string(i)});
  return list;
}

std::string Field::text() const {
  if (!value.IsString()) refuse("must be a string");
  return value.As<Napi::String>().Utf8Value();
}

bool Field::boolean() const {
  if (!value.IsBoolean()) refuse("must be true or false");
  return value.As<Napi::Boolean>().Value();
}

std::int64_t Field::integer(std::int64_t low, std::int64_t high) const {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high)) || number != std::floor(number)) {
    refuse("must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return static_cast<std::int64_t>(number);
}

Nanos Field::milliseconds(double low, double high) const {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= low && number <= high)) {
    refuse("must be a duration from " + std::to_string(static_cast<std::int64_t>(low)) + " to " +
           std::to_string(static_cast<std::int64_t>(high)) + " ms");
  }
  return static_cast<Nanos>(number * static_cast<double>(MILLISECOND));
}

Nanos Field::bigint() const {
  bool lossless = false;
  const std::int64_t number = value.IsBigInt() ? value.As<Napi::BigInt>().Int64Value(&lossless) : 0;
  if (!lossless) refuse("must be a bigint of 64 bits");
  return number;
}

Sid Field::sid() const {
  const std::string digits = text();
  Sid sid = 0;
  for (const char digit : digits) {
    const bool decimal = digit >= '0' && digit <= '9';
    if (!decimal && !(digit >= 'a' && digit <= 'f')) refuse("must be 16 lower-case hexadecimal digits");
    sid = sid << 4 | static_cast<Sid>(decimal ? digit - '0' : digit - 'a' + 10);
  }
  if (digits.size() != 16 || sid == NO_SID) refuse("must be 16 lower-case hexadecimal digits, not all 0");
  return sid;
}

IpPrefix Field::prefix() const {
  const std::string written = text();
  const auto prefix = IpPrefix::parse(written);
  if (!prefix) refuse("\"" + written + "\" is no IP prefix, like 10.20.0.0/16 or fd00::/64");
  return *prefix;
}

UnderlayEndpoint Field::endpoint(bool portZero) const {
  const std::string address = get("address").text();
  const auto port = static_cast<std::uint16_t>(get("port").integer(portZero ? 0 : 1, 65535));
  const auto endpoint = UnderlayEndpoint::parse(address, port);
  if (!endpoint) get("address").refuse("\"" + address + "\" is no IP address");
  return *endpoint;
}

ByteView Field::octets() const {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    refuse("must be a Uint8Array");
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

}  // namespace srwan::binding
