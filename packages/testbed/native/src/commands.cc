#include "commands.h"

#include <cinttypes>
#include <cstdio>

#include "failure.h"
#include "ipv4.h"

namespace wan {
namespace {

constexpr double kMaxDelayNs = 60e9;

[[noreturn]] void refuse(const std::string& message) { throw Failure("ERR_INVALID_INPUT", message); }

double ranged(const JsonLine& line, const char* key, double fallback, double low, double high) {
  const auto value = line.number(key);
  if (!value) return fallback;
  if (*value < low || *value > high) refuse(std::string(key) + " is out of range");
  return *value;
}

size_t nodeOf(const Forwarder& forwarder, const JsonLine& line, const char* key) {
  const auto name = line.text(key);
  if (!name) refuse(std::string(key) + " is missing");
  const auto index = forwarder.indexOf(*name);
  if (!index) refuse("no node is called " + *name);
  return *index;
}

template <typename... Values>
void print(std::string& out, const char* format, Values... values) {
  char text[768];
  const int length = std::snprintf(text, sizeof text, format, values...);
  if (length > 0) out.append(text, std::min(sizeof text - 1, static_cast<size_t>(length)));
}

void linkStatistics(std::string& out, Forwarder& forwarder) {
  bool first = true;
  for (size_t from = 0; from < forwarder.nodeCount(); ++from) {
    for (size_t to = 0; to < forwarder.nodeCount(); ++to) {
      const LinkCounters& c = forwarder.link(from, to).counters;
      if (c.offered + c.tooBig == 0) continue;
      out += first ? "" : ",";
      first = false;
      out += "{\"from\":" + jsonString(forwarder.nameOf(from)) + ",\"to\":" + jsonString(forwarder.nameOf(to));
      print(out,
            ",\"offered\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"deliveredOctets\":%" PRIu64 ",\"lost\":%" PRIu64
            ",\"queueDropped\":%" PRIu64 ",\"downDropped\":%" PRIu64 ",\"tooBig\":%" PRIu64 ",\"poolDropped\":%" PRIu64
            ",\"duplicated\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"writeFailed\":%" PRIu64 "}",
            c.offered, c.delivered, c.deliveredOctets, c.lost, c.queueDropped, c.downDropped, c.tooBig, c.poolDropped,
            c.duplicated, c.reordered, c.writeFailed);
    }
  }
}

std::string statistics(Forwarder& forwarder, bool links) {
  const LatenessSummary late = forwarder.lateness();
  const StrayCounters& strays = forwarder.strays();
  std::string out = "{\"ok\":true";
  print(out,
        ",\"lateness\":{\"windowSeconds\":%" PRIu64 ",\"packets\":%" PRIu64
        ",\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f}",
        kLatenessWindowSeconds, late.packets, late.p50Us, late.p99Us, late.maxUs);
  print(out, ",\"inFlight\":%u,\"notIpv4\":%" PRIu64 ",\"noSuchAddress\":%" PRIu64 ",\"poolEmpty\":%" PRIu64,
        forwarder.packetsInFlight(), strays.notIpv4, strays.noSuchAddress, strays.poolEmpty);
  if (links) {
    out += ",\"links\":[";
    linkStatistics(out, forwarder);
    out += "]";
  }
  return out + "}";
}

}  // namespace

LinkParameters withChanges(LinkParameters parameters, const JsonLine& line) {
  parameters.delayNs =
      static_cast<uint64_t>(ranged(line, "delayNs", static_cast<double>(parameters.delayNs), 0, kMaxDelayNs));
  parameters.jitterNs =
      static_cast<uint64_t>(ranged(line, "jitterNs", static_cast<double>(parameters.jitterNs), 0, kMaxDelayNs));
  parameters.loss = ranged(line, "loss", parameters.loss, 0, 1);
  parameters.reorder = ranged(line, "reorder", parameters.reorder, 0, 1);
  parameters.duplicate = ranged(line, "duplicate", parameters.duplicate, 0, 1);
  parameters.rate = ranged(line, "rate", parameters.rate, 0, 1e12);
  parameters.mtu = static_cast<uint32_t>(ranged(line, "mtu", parameters.mtu, kMinMtu, kDeviceMtu));
  parameters.up = line.flag("up").value_or(parameters.up);
  return parameters;
}

void setLink(Forwarder& forwarder, const JsonLine& line) {
  const size_t from = nodeOf(forwarder, line, "from");
  const size_t to = nodeOf(forwarder, line, "to");
  if (from == to) refuse("a link needs two nodes");
  Link& link = forwarder.link(from, to);
  link.set(withChanges(link.parameters(), line));
}

std::string answer(Forwarder& forwarder, std::string_view text, bool& stop) {
  const auto line = JsonLine::parse(text);
  if (!line) return errorLine("ERR_INVALID_INPUT", "not a flat JSON object");
  const std::string op = line->text("op").value_or("");
  try {
    if (op == "stats") return statistics(forwarder, line->flag("links").value_or(false));
    if (op == "link") {
      setLink(forwarder, *line);
      return "{\"ok\":true}";
    }
    if (op == "shutdown") {
      stop = true;
      return "{\"ok\":true}";
    }
    return errorLine("ERR_INVALID_INPUT", "unknown op");
  } catch (const Failure& failure) {
    return errorLine(failure.code(), failure.what());
  }
}

std::string errorLine(const std::string& code, const std::string& message) {
  return "{\"ok\":false,\"code\":" + jsonString(code) + ",\"message\":" + jsonString(message) + "}";
}

}  // namespace wan
