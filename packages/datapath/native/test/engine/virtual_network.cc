#include "virtual_network.h"

namespace srwan::test {

IpPrefix overlayOf(std::size_t index) { return *IpPrefix::parse("fd53:5257::" + std::to_string(index + 1) + "/128"); }

std::vector<std::uint8_t> ipv6Packet(const IpAddress& source, const IpAddress& destination, const std::string& text,
                                     std::uint8_t hopLimit) {
  std::vector<std::uint8_t> packet(40 + text.size());
  packet[0] = 0x60;
  store16(&packet[4], static_cast<std::uint16_t>(text.size()));
  packet[6] = 59;
  packet[7] = hopLimit;
  std::copy(source.octets.begin(), source.octets.end(), packet.begin() + 8);
  std::copy(destination.octets.begin(), destination.octets.end(), packet.begin() + 24);
  std::copy(text.begin(), text.end(), packet.begin() + 40);
  return packet;
}

VirtualNode::VirtualNode(VirtualNetwork& network, std::size_t index, EngineInit init)
    : network(network),
      index(index),
      init(std::move(init)),
      random(VirtualNetwork::SEED + index + static_cast<std::uint64_t>(network.time.value)),
      keys(KeyPair::generate(random)),
      clock(network.time, static_cast<std::uint16_t>(random.next32())) {
  const std::vector<EngineParts::LaneParts> lanes(network.options.lanes, {*this, counters});
  engine = std::make_unique<Engine>(this->init, EngineParts{keys, random, clock, lanes});
}

void VirtualNode::sendDatagram(const UnderlayEndpoint& to, ByteView datagram) {
  if (unplugged) {
    ++sentUnplugged;
    return;
  }
  network.transmit(index, to, datagram);
}

VirtualNetwork::VirtualNetwork(NetworkOptions options) : options(options) {
  for (std::size_t i = 0; i < options.nodes; ++i) {
    nodes.push_back(nullptr);
    restart(i);
  }
}

void VirtualNetwork::restart(std::size_t index) {
  EngineInit init;
  init.networkId = "test";
  init.sid = sidOf(index);
  init.probeInterval = options.probeInterval;
  init.rekeyInterval = options.rekeyInterval;
  init.sessionLifetime = options.sessionLifetime;
  if (options.preferringChaCha.contains(index)) init.preferredSuite = AeadSuite::chaCha20Poly1305;
  nodes[index] = std::make_unique<VirtualNode>(*this, index, init);
}

PeerConfig VirtualNetwork::peerConfig(std::size_t self, std::size_t other) {
  PeerConfig peer;
  peer.sid = sidOf(other);
  peer.publicKey = node(other).keys.publicKey();
  peer.endpoint = endpointOf(other);
  peer.prefixes = {overlayOf(other)};
  for (std::size_t relay = 0; relay < nodes.size() && peer.relays.size() < 3; ++relay) {
    if (relay != self && relay != other) peer.relays.push_back(sidOf(relay));
  }
  return peer;
}

PolicyConfig VirtualNetwork::policy(std::size_t, std::size_t endpoint, std::vector<std::vector<std::size_t>> forward,
                                    std::vector<std::vector<std::size_t>> reverse) {
  const auto lists = [](const std::vector<std::vector<std::size_t>>& from) {
    std::vector<SidList> result;
    for (const auto& list : from) {
      SidList sids;
      for (const std::size_t index : list) sids.push_back(sidOf(index));
      result.push_back(sids);
    }
    return result;
  };
  PolicyConfig config;
  config.endpoint = sidOf(endpoint);
  config.forward = lists(forward);
  config.reverse = lists(reverse);
  if (forward.size() > 1 && reverse.size() > 1) config.standby = PairIndex{1, 1};
  return config;
}

void VirtualNetwork::setPolicy(std::size_t self, PolicyConfig policy) {
  EngineConfig& config = node(self).config;
  std::erase_if(config.policies, [&](const PolicyConfig& known) {
    return known.endpoint == policy.endpoint && known.color == policy.color;
  });
  config.policies.push_back(std::move(policy));
  const auto problem = node(self).engine->reconfigure(config, time.value);
  ASSERT_FALSE(problem) << problem->field << ' ' << problem->message;
}

void VirtualNetwork::configure(std::size_t index) {
  EngineConfig& config = node(index).config;
  config = {};
  config.localPrefixes = {overlayOf(index)};
  config.transit = options.transit;
  for (std::size_t other = 0; other < nodes.size(); ++other) {
    if (other == index) continue;
    config.peers.push_back(peerConfig(index, other));
    config.policies.push_back(policy(index, other, {{other}}, {{index}}));
  }
  const auto problem = node(index).engine->reconfigure(config, time.value);
  ASSERT_FALSE(problem) << problem->field << ' ' << problem->message;
}

void VirtualNetwork::configureAll() {
  for (std::size_t i = 0; i < nodes.size(); ++i) configure(i);
}

void VirtualNetwork::transmit(std::size_t from, const UnderlayEndpoint& to, ByteView datagram) {
  SentDatagram sentDatagram{from, static_cast<std::size_t>(to.port - 1000), {datagram.begin(), datagram.end()}};
  // To an address that somebody forged.
  if (to.address != endpointOf(0).address || sentDatagram.to >= nodes.size()) {
    strayOctets += datagram.size();
    return;
  }
  if (options.audit) {
    audit(sentDatagram.to, datagram);
    sent.push_back(sentDatagram);
  }
  if (cuts.contains({from, sentDatagram.to}) || (filter && !filter(sentDatagram))) return;
  const Nanos usual = delayOf ? delayOf(from, sentDatagram.to) : options.delay;
  const auto delays = copies ? copies(sentDatagram) : std::vector<Nanos>{usual};
  for (const Nanos delay : delays) queue_.push({time.value + delay, order_++, sentDatagram});
}

// No two different plaintexts under one key and nonce: what names both on the wire must never stand before two
// different ciphertexts.
void VirtualNetwork::audit(std::size_t to, ByteView datagram) {
  const auto kind = packetKind(datagram);
  if (!kind || *kind == PacketKind::handshake) return;
  const bool segment = *kind == PacketKind::dataForward || *kind == PacketKind::dataReverse;
  // Segment: kind, epoch bits, session, stream, counter. Pair: the other end, key ids, sender, counter.
  std::vector<std::uint8_t> name;
  if (segment) {
    name = {datagram[0], static_cast<std::uint8_t>(datagram[2] & 15)};
    name.insert(name.end(), datagram.begin() + 4, datagram.begin() + 16);
  } else {
    name = {0, static_cast<std::uint8_t>(to), datagram[2], datagram[3]};
    name.insert(name.end(), datagram.begin() + 8, datagram.begin() + 24);
  }
  const std::size_t start = segment ? segmentPlaintextOffset(datagram[2] >> 4) : PAIR_HEADER_OCTETS;
  std::vector<std::uint8_t> sealed(datagram.begin() + static_cast<std::ptrdiff_t>(start), datagram.end());
  const auto [entry, fresh] = nonces_.emplace(std::move(name), Sealed{sealed, time.value});
  // The header shows 4 bits of the epoch: after 8 epochs the same bits name another key.
  const bool anotherKey = segment && time.value - entry->second.at > 8 * options.rekeyInterval;
  if (!fresh && !anotherKey && entry->second.octets != sealed) ++nonceRepeats;
  entry->second = {std::move(sealed), time.value};
  if (!segment) return;
  const std::vector<std::uint8_t> path{
      datagram[0], static_cast<std::uint8_t>(datagram[2] & 15), datagram[4], datagram[5], datagram[6], datagram[7],
      datagram[8]};
  std::vector<std::uint8_t> sids;
  for (std::size_t at = 16; at < start; at += 16)
    sids.insert(sids.end(), datagram.begin() + static_cast<std::ptrdiff_t>(at),
                datagram.begin() + static_cast<std::ptrdiff_t>(at) + 8);
  const auto [list, first] = lists_.emplace(path, Sealed{sids, time.value});
  const bool anotherEpoch = time.value - list->second.at > 8 * options.rekeyInterval;
  if (!first && !anotherEpoch && list->second.octets != sids) ++pathIdReuses;
  list->second = {std::move(sids), time.value};
}

void VirtualNetwork::inject(std::size_t to, std::vector<std::uint8_t> octets) {
  inject(to, std::move(octets), *UnderlayEndpoint::parse("203.0.113.9", 9));
}

void VirtualNetwork::inject(std::size_t to, std::vector<std::uint8_t> octets, const UnderlayEndpoint& from) {
  node(to).engine->onDatagram(octets, from, time.value, node(to).clock.now());
}

UnderlayEndpoint VirtualNetwork::endpointOf(std::size_t index) {
  return *UnderlayEndpoint::parse("192.0.2.1", static_cast<std::uint16_t>(1000 + index));
}

void VirtualNetwork::run(Nanos duration) {
  const Nanos end = time.value + duration;
  for (;;) {
    Nanos next = queue_.empty() ? NEVER : queue_.top().at;
    for (const auto& each : nodes) next = std::min(next, std::max(each->engine->nextTimer(), time.value));
    if (next > end) break;
    time.value = std::max(time.value, next);
    while (!queue_.empty() && queue_.top().at <= time.value) {
      SentDatagram datagram = queue_.top().datagram;
      queue_.pop();
      inject(datagram.to, std::move(datagram.octets), endpointOf(datagram.from));
    }
    for (const auto& each : nodes) {
      if (each->engine->nextTimer() <= time.value) each->engine->onTimer(time.value);
    }
  }
  time.value = end;
}

bool VirtualNetwork::runUntil(const std::function<bool()>& done, Nanos limit) {
  const Nanos end = time.value + limit;
  while (!done() && time.value < end) run(10 * MILLISECOND);
  return done();
}

void VirtualNetwork::programRaw(std::size_t from, std::vector<std::uint8_t> packet) {
  std::vector<std::uint8_t> buffer(HEADROOM + packet.size() + TAILROOM);
  std::copy(packet.begin(), packet.end(), buffer.begin() + HEADROOM);
  node(from).engine->onTun(buffer, packet.size(), time.value);
}

void VirtualNetwork::program(std::size_t from, std::size_t to, const std::string& text, std::uint8_t hopLimit) {
  programRaw(from, ipv6Packet(overlayOf(from).address, overlayOf(to).address, text, hopLimit));
}

}  // namespace srwan::test
