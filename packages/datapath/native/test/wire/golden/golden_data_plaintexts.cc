#include "golden/golden_files.h"
#include "wire/data_plaintext.h"
#include "wire/echo.h"
#include "wire/inner_ip_packet.h"

namespace srwan::test {
namespace {

Json ipJson(GoldenFiles& out, const std::string& name, const Bytes& packet) {
  Bytes after = packet;
  const auto header = parseIpHeader(packet);
  if (!header || !decrementHopLimit(after)) throw std::runtime_error("golden IP packet is refused");
  out.seeds.push_back({"inner_ip_packet", name, packet});
  out.seeds.push_back({"data_plaintext", name, packet});
  const std::size_t addressOctets = header->source.version == 4 ? 4 : 16;
  return Json::Object{{"name", name},
                      {"packet", toHex(packet)},
                      {"version", static_cast<int>(header->source.version)},
                      {"source", toHex(ByteView(header->source.octets).first(addressOctets))},
                      {"destination", toHex(ByteView(header->destination.octets).first(addressOctets))},
                      {"hopLimit", static_cast<int>(header->hopLimit)},
                      {"protocol", static_cast<int>(header->protocol)},
                      {"afterDecrement", toHex(after)}};
}

Json echoJson(GoldenFiles& out, const std::string& name, const EchoBody& body) {
  Bytes octets(MAX_ECHO_OCTETS);
  octets.resize(encodeEcho(body, octets));
  if (octets.empty()) throw std::runtime_error("golden echo could not be encoded");
  out.seeds.push_back({"data_plaintext", name, octets});
  Json::Array entries;
  for (const EchoEntry& entry : body.view()) {
    entries.push_back(Json::Object{{"epoch", entry.epoch},
                                   {"pathId", static_cast<int>(entry.pathId)},
                                   {"octets", decimal(static_cast<std::int64_t>(entry.octets))}});
  }
  return Json::Object{{"name", name},
                      {"final", body.final},
                      {"sequence", body.sequence},
                      {"entries", std::move(entries)},
                      {"plaintext", toHex(octets)}};
}

Json::Array echoes(GoldenFiles& out) {
  EchoBody one;
  one.sequence = 1;
  one.count = 1;
  one.entries[0] = {0, 0, 1370};
  EchoBody last;
  last.final = true;
  last.sequence = 0x0102'0304;
  last.count = 3;
  last.entries[0] = {6, 31, 0x0011'2233'4455'6677};
  last.entries[1] = {7, 0, 0};
  last.entries[2] = {7, 255, 1};
  Json::Array list;
  list.push_back(echoJson(out, "echo", one));
  list.push_back(echoJson(out, "echo-final", last));
  return list;
}

}  // namespace

void addDataPlaintexts(GoldenFiles& out) {
  const PathProbeRequestBody request{true, 0x52, 77, 123'456'789'012, 1424};
  const PathProbeReplyBody reply{0x52, 77, 123'456'789'012, -9, -8, 0xabcd, 0};
  Bytes requestOctets(64);
  Bytes replyOctets(64);
  if (!encodePathProbeRequest(request, requestOctets) || !encodePathProbeReply(reply, replyOctets)) {
    throw std::runtime_error("golden path probe could not be encoded");
  }
  out.seeds.push_back({"data_plaintext", "path-probe-request", requestOctets});
  out.seeds.push_back({"data_plaintext", "path-probe-reply", replyOctets});
  Json::Array packets;
  // 192.0.2.1 to 198.51.100.7, UDP, TTL 64, one option word (4 × no operation); then 2001:db8::1 to 2001:db8::2,
  // ICMPv6, hop limit 2.
  packets.push_back(ipJson(out, "ipv4", fromHex("46000020432140004011086ec0000201c63364070101010104d200350008a1b2")));
  packets.push_back(ipJson(
      out, "ipv6",
      fromHex("6000000000083a0220010db800000000000000000000000120010db80000000000000000000000028000112200010002")));
  out.files.emplace_back(
      "data-plaintexts.json",
      Json::Object{{"pathProbeRequest", Json::Object{{"activateReplyPath", request.activateReplyPath},
                                                     {"replyPath", static_cast<int>(request.replyPath)},
                                                     {"sequence", request.sequence},
                                                     {"t1", decimal(request.t1)},
                                                     {"replySize", static_cast<int>(request.replySize)},
                                                     {"plaintext", toHex(requestOctets)}}},
                   {"pathProbeReply", Json::Object{{"replyPath", static_cast<int>(reply.replyPath)},
                                                   {"sequence", reply.sequence},
                                                   {"t1", decimal(reply.t1)},
                                                   {"t2", decimal(reply.t2)},
                                                   {"t3", decimal(reply.t3)},
                                                   {"clockEpoch", static_cast<int>(reply.clockEpoch)},
                                                   {"plaintext", toHex(replyOctets)}}},
                   {"echoes", echoes(out)},
                   {"ipPackets", std::move(packets)}});
}

}  // namespace srwan::test
