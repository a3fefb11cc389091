// What the engine tells the control plane; the names follow DatapathEvents of the interface package.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/liveness_evidence.h"
#include "engine/session_snapshot.h"
#include "wire/probe_body.h"

namespace srwan {

struct ProbeEvent {
  Sid from = NO_SID;
  // This node sent the request (else it reflected one).
  bool sender = false;
  Nanos sentAt = 0;
  Nanos receivedAt = 0;
  std::optional<Nanos> roundTrip;
  std::uint16_t peerClockEpoch = 0;
  std::uint16_t clockEpoch = 0;
  std::uint64_t sentByPeer = 0;
  std::uint64_t acceptedFromPeer = 0;
  std::uint16_t columnSeen = 0;
  std::uint8_t columnPartSize = 0;
  std::array<std::uint8_t, MAX_COLUMN_PART_OCTETS> columnPart{};
};

struct ProbeLostEvent {
  Sid to = NO_SID;
};

struct DatagramEvent {
  Sid from = NO_SID;
  std::vector<std::uint8_t> payload;
};

struct DemandEvent {
  Sid endpoint = NO_SID;
  std::uint8_t color = 0;
};

enum class SessionChange : std::uint8_t { open, failed, closed };

struct SessionEvent {
  Sid endpoint = NO_SID;
  SessionChange state = SessionChange::open;
  std::string cause;
};

struct SwitchedEvent {
  Sid endpoint = NO_SID;
  std::uint8_t color = 0;
  SidList forward;
  SidList reverse;
  // Which direction was dead.
  LivenessVerdict cause = LivenessVerdict::both;
  // Since the path that was left had last been heard of.
  Nanos gap = 0;
};

// A pair that has an answer to give gives none, or gives one again.
struct PathStateEvent {
  Sid endpoint = NO_SID;
  std::uint8_t color = 0;
  SidList forward;
  SidList reverse;
  bool active = false;
  bool answers = false;
};

// A path turned out to carry less than the base MTU, or carries it again.
struct PathMtuEvent {
  Sid endpoint = NO_SID;
  std::uint8_t color = 0;
  // Direction of the path.
  bool forward = true;
  SidList path;
  // 0 = less than the base.
  std::uint16_t mtu = 0;
};

struct ClockEpochEvent {
  std::uint16_t clockEpoch = 0;
};

struct PathProbeSample {
  Nanos forward = 0;
  Nanos reverse = 0;
  Nanos roundTrip = 0;
};

struct PathProbesDoneEvent {
  std::uint32_t request = 0;
  // Per path, per probe.
  std::vector<std::vector<std::optional<PathProbeSample>>> samples;
};

struct SessionEndedEvent {
  SessionSnapshot last;
};

// The egress claims octets that were never sent under a path id in a key epoch.
struct EchoMismatchEvent {
  Sid endpoint = NO_SID;
  std::uint32_t session = 0;
  std::uint8_t pathId = 0;
  std::uint32_t epoch = 0;
  std::uint64_t sent = 0;
  std::uint64_t claimed = 0;
};

struct FailureEvent {
  std::string code;
  std::string message;
};

using Event = std::variant<ProbeEvent, ProbeLostEvent, DatagramEvent, DemandEvent, SessionEvent, SwitchedEvent,
                           PathStateEvent, PathMtuEvent, ClockEpochEvent, PathProbesDoneEvent, SessionEndedEvent,
                           EchoMismatchEvent, FailureEvent>;

}  // namespace srwan
