// What the engine says, in the shapes of the interface package.
#include <cstdio>

#include "binding/js_values.h"
#include "engine/shell/shell_error.h"

namespace srwan::binding {
namespace {

Napi::Array tuple(Napi::Env env, const char* name, const Napi::Value& payload) {
  auto pair = Napi::Array::New(env, 2);
  pair.Set(0u, Napi::String::New(env, name));
  pair.Set(1u, payload);
  return pair;
}

Napi::Value octets(Napi::Env env, ByteView view) {
  auto array = Napi::Uint8Array::New(env, view.size());
  std::copy(view.begin(), view.end(), array.Data());
  return array;
}

const char* causeText(LivenessVerdict dead) {
  if (dead == LivenessVerdict::forward) return "forward";
  return dead == LivenessVerdict::reverse ? "reverse" : "both";
}

struct ToTuple {
  Napi::Env env;

  Napi::Array operator()(const ProbeEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("from", sidText(env, event.from));
    object.Set("role", event.sender ? "sender" : "reflector");
    object.Set("sentAt", nanoseconds(env, event.sentAt));
    object.Set("receivedAt", nanoseconds(env, event.receivedAt));
    if (event.roundTrip) object.Set("roundTrip", nanoseconds(env, *event.roundTrip));
    object.Set("peerClockEpoch", event.peerClockEpoch);
    object.Set("clockEpoch", event.clockEpoch);
    object.Set("sentByPeer", static_cast<double>(event.sentByPeer));
    object.Set("acceptedFromPeer", static_cast<double>(event.acceptedFromPeer));
    object.Set("columnSeen", event.columnSeen);
    object.Set("columnPart", octets(env, ByteView(event.columnPart).first(event.columnPartSize)));
    return tuple(env, "probe", object);
  }

  Napi::Array operator()(const ProbeLostEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("to", sidText(env, event.to));
    return tuple(env, "probeLost", object);
  }

  Napi::Array operator()(const DatagramEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("from", sidText(env, event.from));
    object.Set("payload", octets(env, event.payload));
    return tuple(env, "datagram", object);
  }

  Napi::Array operator()(const DemandEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("endpoint", sidText(env, event.endpoint));
    object.Set("color", event.color);
    return tuple(env, "demand", object);
  }

  Napi::Array operator()(const SessionEvent& event) const {
    static constexpr const char* STATES[] = {"open", "failed", "closed"};
    auto object = Napi::Object::New(env);
    object.Set("endpoint", sidText(env, event.endpoint));
    object.Set("state", STATES[static_cast<std::size_t>(event.state)]);
    object.Set("cause", event.cause);
    return tuple(env, "session", object);
  }

  Napi::Array operator()(const SwitchedEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("endpoint", sidText(env, event.endpoint));
    object.Set("color", event.color);
    object.Set("forward", sidTexts(env, event.forward));
    object.Set("reverse", sidTexts(env, event.reverse));
    object.Set("cause", causeText(event.cause));
    object.Set("gapMs", static_cast<double>(event.gap) / MILLISECOND);
    return tuple(env, "switched", object);
  }

  Napi::Array operator()(const PathStateEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("endpoint", sidText(env, event.endpoint));
    object.Set("color", event.color);
    object.Set("forward", sidTexts(env, event.forward));
    object.Set("reverse", sidTexts(env, event.reverse));
    object.Set("role", event.active ? "active" : "standby");
    return tuple(env, event.answers ? "pathRecovered" : "pathFailed", object);
  }

  Napi::Array operator()(const PathMtuEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("endpoint", sidText(env, event.endpoint));
    object.Set("color", event.color);
    object.Set("direction", event.forward ? "forward" : "reverse");
    object.Set("path", sidTexts(env, event.path));
    object.Set("mtu", event.mtu);
    return tuple(env, "pathMtu", object);
  }

  Napi::Array operator()(const ClockEpochEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("clockEpoch", event.clockEpoch);
    return tuple(env, "clockEpoch", object);
  }

  Napi::Array operator()(const PathProbesDoneEvent& event) const {
    auto samples = Napi::Array::New(env, event.samples.size());
    for (std::uint32_t path = 0; path < event.samples.size(); ++path) {
      auto list = Napi::Array::New(env, event.samples[path].size());
      for (std::uint32_t i = 0; i < event.samples[path].size(); ++i) {
        const auto& sample = event.samples[path][i];
        list.Set(i, sample ? sampleObject(*sample) : env.Undefined());
      }
      samples.Set(path, list);
    }
    auto object = Napi::Object::New(env);
    object.Set("id", event.request);
    object.Set("samples", samples);
    return tuple(env, "comparison", object);
  }

  Napi::Array operator()(const SessionEndedEvent& event) const {
    return tuple(env, "sessionEnded", snapshotObject(env, event.last));
  }

  Napi::Array operator()(const EchoMismatchEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("endpoint", sidText(env, event.endpoint));
    object.Set("session", event.session);
    object.Set("pathId", event.pathId);
    object.Set("epoch", event.epoch);
    object.Set("sentOctets", static_cast<double>(event.sent));
    object.Set("claimedOctets", static_cast<double>(event.claimed));
    return tuple(env, "echoMismatch", object);
  }

  Napi::Array operator()(const FailureEvent& event) const {
    auto object = Napi::Object::New(env);
    object.Set("code", event.code);
    object.Set("message", event.message);
    return tuple(env, "failure", object);
  }

  Napi::Value sampleObject(const PathProbeSample& sample) const {
    auto object = Napi::Object::New(env);
    object.Set("forward", nanoseconds(env, sample.forward));
    object.Set("reverse", nanoseconds(env, sample.reverse));
    object.Set("roundTrip", nanoseconds(env, sample.roundTrip));
    return object;
  }
};

const char* cipherName(AeadSuite suite) { return suite == AeadSuite::aes256Gcm ? "aes-256-gcm" : "chacha20-poly1305"; }

}  // namespace

Napi::String sidText(Napi::Env env, Sid sid) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sid));
  return Napi::String::New(env, digits);
}

Napi::Array sidTexts(Napi::Env env, const SidList& list) {
  auto array = Napi::Array::New(env, list.size());
  for (std::uint32_t i = 0; i < list.size(); ++i) array.Set(i, sidText(env, list[i]));
  return array;
}

Napi::BigInt nanoseconds(Napi::Env env, Nanos value) {
  return Napi::BigInt::New(env, static_cast<std::int64_t>(value));
}

Napi::Object endpointObject(Napi::Env env, const UnderlayEndpoint& endpoint) {
  auto object = Napi::Object::New(env);
  object.Set("address", endpoint.addressText());
  object.Set("port", endpoint.port);
  return object;
}

Napi::Array eventTuple(Napi::Env env, const Event& event) { return std::visit(ToTuple{env}, event); }

namespace {

Napi::Array pathObjects(Napi::Env env, const std::vector<PathSnapshot>& paths) {
  auto array = Napi::Array::New(env, paths.size());
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    const PathSnapshot& path = paths[i];
    auto object = Napi::Object::New(env);
    object.Set("direction", path.direction == Direction::forward ? "forward" : "reverse");
    object.Set("segments", sidTexts(env, path.segments));
    if (path.sent) object.Set("octetsSent", static_cast<double>(*path.sent));
    if (path.confirmed) object.Set("octetsConfirmed", static_cast<double>(*path.confirmed));
    if (path.received) object.Set("octetsReceived", static_cast<double>(*path.received));
    array.Set(i, object);
  }
  return array;
}

}  // namespace

Napi::Object snapshotObject(Napi::Env env, const SessionSnapshot& snapshot) {
  static constexpr const char* ROLES[] = {"ingress", "transit", "egress"};
  static constexpr const char* STATES[] = {"opening", "open", "closing"};
  auto object = Napi::Object::New(env);
  object.Set("instance", static_cast<double>(snapshot.instance));
  object.Set("session", snapshot.session);
  object.Set("ingress", sidText(env, snapshot.ingress));
  object.Set("egress", sidText(env, snapshot.egress));
  object.Set("role", ROLES[static_cast<std::size_t>(snapshot.role)]);
  object.Set("state", STATES[static_cast<std::size_t>(snapshot.state)]);
  if (snapshot.suite) object.Set("cipher", cipherName(*snapshot.suite));
  object.Set("ageSeconds", snapshot.ageSeconds);
  object.Set("forwardOctets", static_cast<double>(snapshot.forwardOctets));
  object.Set("reverseOctets", static_cast<double>(snapshot.reverseOctets));
  object.Set("paths", pathObjects(env, snapshot.paths));
  if (!snapshot.activeForward.empty()) {
    auto active = Napi::Object::New(env);
    active.Set("forward", sidTexts(env, snapshot.activeForward));
    active.Set("reverse", sidTexts(env, snapshot.activeReverse));
    object.Set("active", active);
  }
  if (snapshot.mtu) {
    static constexpr const char* MTU_STATES[] = {"base", "searching", "complete", "error"};
    auto mtu = Napi::Object::New(env);
    mtu.Set("forward", static_cast<double>(snapshot.mtu->forward));
    mtu.Set("reverse", static_cast<double>(snapshot.mtu->reverse));
    mtu.Set("state", MTU_STATES[static_cast<std::size_t>(snapshot.mtu->state)]);
    object.Set("mtu", mtu);
  }
  return object;
}

Napi::Object featuresObject(Napi::Env env, const DatapathFeatures& features) {
  static constexpr const char* TUN_OFFLOADS[] = {"off", "none", "checksum", "tso", "tso+uso"};
  auto object = Napi::Object::New(env);
  object.Set("threads", features.threads);
  object.Set("cipher", cipherName(features.cipher));
  object.Set("tunOffload", TUN_OFFLOADS[static_cast<std::size_t>(features.tunOffload)]);
  object.Set("udpSegmentation", features.udpSegmentation);
  object.Set("udpReceiveOffload", features.udpReceiveOffload);
  object.Set("steering", features.steering);
  object.Set("receiveBufferOctets", features.receiveBufferOctets);
  object.Set("sendBufferOctets", features.sendBufferOctets);
  object.Set("wantedBufferOctets", features.wantedBufferOctets);
  return object;
}

Napi::Error toJavaScript(Napi::Env env, const std::exception& error) {
  auto result = Napi::Error::New(env, error.what());
  if (const auto* config = dynamic_cast<const ConfigError*>(&error)) {
    result.Set("code", Napi::String::New(env, "ERR_INVALID_INPUT"));
    result.Set("field", Napi::String::New(env, config->field()));
  } else if (const auto* shell = dynamic_cast<const ShellError*>(&error)) {
    result.Set("code", Napi::String::New(env, shell->code()));
    result.Set("remedy", Napi::String::New(env, shell->remedy()));
  }
  return result;
}

}  // namespace srwan::binding
