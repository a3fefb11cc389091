// DatapathInit, DatapathConfig and PathProbeRequest of the interface package.
#include <algorithm>

#include "binding/js_values.h"
#include "wire/aes_hardware.h"

namespace srwan::binding {
namespace {

// Milliseconds; bounds of what a session may be opened with, so that no peer refuses it.
constexpr double MIN_PROBE_INTERVAL = 20;
constexpr double ONE_HOUR = 3'600'000;
constexpr double ONE_DAY = 24 * ONE_HOUR;

template <class Read>
auto readList(const Field& field, std::size_t limit, Read read) {
  std::vector<decltype(read(field))> list;
  for (const Field& element : field.elements(limit)) list.push_back(read(element));
  return list;
}

SidList readSids(const Field& field) {
  return readList(field, MAX_PEERS, [](const Field& element) { return element.sid(); });
}

std::vector<IpPrefix> readPrefixes(const Field& field) {
  return readList(field, MAX_PREFIXES, [](const Field& element) { return element.prefix(); });
}

std::vector<SidList> readLists(const Field& field) { return readList(field, MAX_PATHS_PER_POLICY, readSids); }

PairIndex readPair(const Field& field) {
  return {static_cast<std::uint8_t>(field.get("forward").integer(0, 255)),
          static_cast<std::uint8_t>(field.get("reverse").integer(0, 255))};
}

PeerConfig readPeer(const Field& field) {
  PeerConfig peer;
  peer.sid = field.get("sid").sid();
  const ByteView key = field.get("publicKey").octets();
  if (key.size() != peer.publicKey.size()) field.get("publicKey").refuse("must be 32 octets");
  std::copy(key.begin(), key.end(), peer.publicKey.begin());
  peer.endpoint = field.get("endpoint").endpoint(false);
  peer.prefixes = readPrefixes(field.get("prefixes"));
  peer.relays = readSids(field.get("relays"));
  return peer;
}

PolicyConfig readPolicy(const Field& field) {
  PolicyConfig policy;
  policy.endpoint = field.get("endpoint").sid();
  policy.color = static_cast<std::uint8_t>(field.get("color").integer(MIN_COLOR, MAX_COLOR));
  policy.forward = readLists(field.get("forward"));
  policy.reverse = readLists(field.get("reverse"));
  policy.active = readPair(field.get("active"));
  if (const Field standby = field.get("standby"); !standby.missing()) policy.standby = readPair(standby);
  policy.keepOpen = field.get("keepOpen").boolean();
  return policy;
}

TunInit readTun(const Field& field) {
  TunInit tun;
  tun.name = field.get("name").text();
  const bool plain = std::all_of(tun.name.begin(), tun.name.end(),
                                 [](char c) { return c > ' ' && c < 127 && c != '/' && c != '%' && c != ':'; });
  if (tun.name.empty() || tun.name.size() > 15 || !plain || tun.name == "." || tun.name == "..")
    field.get("name").refuse("must be a device name of 1 to 15 plain characters");
  tun.addresses = readPrefixes(field.get("addresses"));
  if (const Field mtu = field.get("mtu"); !mtu.missing())
    tun.mtu = static_cast<std::uint32_t>(mtu.integer(BASE_MTU, static_cast<std::int64_t>(MAX_INNER_PACKET)));
  tun.maxMtu = std::max(tun.maxMtu, tun.mtu);
  if (const Field mtu = field.get("mtuMax"); !mtu.missing())
    tun.maxMtu = static_cast<std::uint32_t>(mtu.integer(tun.mtu, static_cast<std::int64_t>(MAX_INNER_PACKET)));
  return tun;
}

std::uint32_t readThreads(const Field& field) {
  if (field.missing() || (field.value.IsString() && field.text() == "auto")) return automaticThreads();
  return static_cast<std::uint32_t>(field.integer(1, MAX_THREADS));
}

AeadSuite readCipher(const Field& field) {
  const std::string name = field.missing() ? "auto" : field.text();
  if (name == "aes-256-gcm") return AeadSuite::aes256Gcm;
  if (name == "chacha20-poly1305") return AeadSuite::chaCha20Poly1305;
  if (name != "auto") field.refuse("must be auto, aes-256-gcm or chacha20-poly1305");
  return hasAesHardware() ? AeadSuite::aes256Gcm : AeadSuite::chaCha20Poly1305;
}

}  // namespace

RuntimeInit readInit(const Field& field) {
  RuntimeInit init;
  init.engine.networkId = field.get("networkId").text();
  if (init.engine.networkId.empty() || init.engine.networkId.size() > MAX_NETWORK_ID_OCTETS)
    field.get("networkId").refuse("must have 1 to 255 octets");
  init.engine.sid = field.get("sid").sid();
  init.listen = field.get("listen").endpoint(true);
  if (const Field tun = field.get("tun"); !tun.missing()) {
    init.tun = readTun(tun);
    init.engine.maxMtu = init.tun->maxMtu;
  }
  init.engine.probeInterval = field.get("probeInterval").milliseconds(MIN_PROBE_INTERVAL, ONE_HOUR);
  if (const Field rekey = field.get("rekeyInterval"); !rekey.missing())
    init.engine.rekeyInterval = rekey.milliseconds(MIN_REKEY_INTERVAL / double(MILLISECOND), ONE_DAY);
  if (const Field lifetime = field.get("sessionLifetime"); !lifetime.missing()) {
    init.engine.sessionLifetime = lifetime.milliseconds(MIN_SESSION_LIFETIME / double(MILLISECOND), ONE_DAY);
  }
  init.engine.preferredSuite = readCipher(field.get("cipher"));
  if (const Field mark = field.get("mark"); !mark.missing())
    init.mark = static_cast<std::uint32_t>(mark.integer(0, UINT32_MAX));
  init.threads = readThreads(field.get("threads"));
  return init;
}

EngineConfig readConfig(const Field& field) {
  EngineConfig config;
  config.localPrefixes = readPrefixes(field.get("localPrefixes"));
  config.peers = readList(field.get("peers"), MAX_PEERS, readPeer);
  config.policies = readList(field.get("policies"), MAX_POLICIES, readPolicy);
  config.transit = field.get("transit").boolean();
  return config;
}

PathComparisonRequest readComparison(const Field& field, std::uint32_t id) {
  PathComparisonRequest request;
  request.id = id;
  request.endpoint = field.get("endpoint").sid();
  request.color = static_cast<std::uint8_t>(field.get("color").integer(MIN_COLOR, MAX_COLOR));
  const auto readSegments = [](const Field& list) {
    SidList sids = readSids(list);
    if (sids.empty() || sids.size() > MAX_SEGMENTS) list.refuse("needs 1 to 4 SIDs");
    return sids;
  };
  request.paths = readList(field.get("paths"), MAX_COMPARED_PATHS, [&](const Field& pair) {
    return std::pair(readSegments(pair.get("forward")), readSegments(pair.get("reverse")));
  });
  if (request.paths.empty()) field.get("paths").refuse("names no path");
  if (const Field count = field.get("count"); !count.missing())
    request.count = static_cast<std::uint32_t>(count.integer(1, MAX_PROBES_PER_PATH));
  if (const Field duration = field.get("duration"); !duration.missing())
    request.duration = duration.milliseconds(0, MAX_COMPARISON_DURATION / double(MILLISECOND));
  return request;
}

}  // namespace srwan::binding
