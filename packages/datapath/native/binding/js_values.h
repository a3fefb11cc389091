// From JavaScript's values to the engine's and back. Whatever is not as the interface says becomes a ConfigError that
// names the field.
#pragma once

#include <napi.h>

#include "engine/engine_config.h"
#include "engine/events.h"
#include "engine/session.h"
#include "engine/shell/datapath_runtime.h"

namespace srwan::binding {

// A value and the dotted path by which people know it.
struct Field {
  Napi::Value value;
  std::string path;

  [[noreturn]] void refuse(const std::string& message) const { throw ConfigError({path, message}); }
  bool missing() const { return value.IsUndefined() || value.IsNull(); }
  Field get(const char* name) const;
  // @returns the elements · @param limit refuses more
  std::vector<Field> elements(std::size_t limit) const;

  std::string text() const;
  bool boolean() const;
  // A whole number in [low, high].
  std::int64_t integer(std::int64_t low, std::int64_t high) const;
  // A finite number of milliseconds in [low, high].
  Nanos milliseconds(double low, double high) const;
  Nanos bigint() const;
  Sid sid() const;
  IpPrefix prefix() const;
  UnderlayEndpoint endpoint(bool portZero) const;
  ByteView octets() const;
};

Napi::String sidText(Napi::Env env, Sid sid);
Napi::Array sidTexts(Napi::Env env, const SidList& list);
Napi::BigInt nanoseconds(Napi::Env env, Nanos value);
Napi::Object endpointObject(Napi::Env env, const UnderlayEndpoint& endpoint);

RuntimeInit readInit(const Field& init);
EngineConfig readConfig(const Field& config);
PathComparisonRequest readComparison(const Field& request, std::uint32_t id);

// [name, payload] of the interface's DatapathEvents; `comparison` with { id, samples } for a finished path comparison.
Napi::Array eventTuple(Napi::Env env, const Event& event);
Napi::Object snapshotObject(Napi::Env env, const SessionSnapshot& snapshot);
Napi::Object featuresObject(Napi::Env env, const DatapathFeatures& features);

// Throws a C++ error as a JavaScript one with `code`, and `field` or `remedy` where there is one.
Napi::Error toJavaScript(Napi::Env env, const std::exception& error);

}  // namespace srwan::binding
