#include "forwarder.h"

#include <cstring>

#include "failure.h"
#include "ipv4.h"

namespace wan {

void Forwarder::addNode(NodePort port) {
  if (ports_.size() >= kMaxNodes)
    throw Failure("ERR_LIMIT_EXCEEDED", "at most " + std::to_string(kMaxNodes) + " nodes");
  if (!byName_.emplace(port.name, ports_.size()).second || !byAddress_.emplace(port.address, ports_.size()).second) {
    throw Failure("ERR_INVALID_INPUT", "node " + port.name + ": name or address is taken");
  }
  ports_.push_back(std::move(port));
}

void Forwarder::connect() {
  const auto n = static_cast<uint32_t>(ports_.size());
  links_.reserve(static_cast<size_t>(n) * n);
  for (uint32_t from = 0; from < n; ++from) {
    for (uint32_t to = 0; to < n; ++to) links_.emplace_back(seed_, from, to);
  }
}

std::optional<size_t> Forwarder::indexOf(const std::string& name) const {
  const auto found = byName_.find(name);
  return found == byName_.end() ? std::nullopt : std::optional(found->second);
}

void Forwarder::ingest(size_t node) {
  for (int i = 0; i < kReadBurst; ++i) {
    Packet* packet = pool_.take();
    if (packet == nullptr) {
      // read and forget: a device left full would wake the loop for ever
      uint8_t discard[sizeof(Packet::data)];
      if (read(ports_[node].device.get(), discard, sizeof discard) <= 0) return;
      ++strays_.poolEmpty;
      continue;
    }
    const ssize_t length = read(ports_[node].device.get(), packet->data, sizeof packet->data);
    if (length <= 0) {
      pool_.give(packet);
      return;
    }
    packet->length = static_cast<uint32_t>(length);
    route(node, packet, monotonicNow());
  }
}

void Forwarder::route(size_t from, Packet* packet, uint64_t now) {
  if (!isIpv4(packet->data, packet->length)) {
    ++strays_.notIpv4;
    pool_.give(packet);
    return;
  }
  const auto found = byAddress_.find(destinationOf(packet->data));
  if (found == byAddress_.end()) {
    ++strays_.noSuchAddress;
    pool_.give(packet);
    return;
  }
  const size_t index = from * ports_.size() + found->second;
  Link& link = links_[index];
  packet->link = static_cast<uint32_t>(index);
  if (packet->length > link.parameters().mtu && link.parameters().up) {
    tooBig(from, link, packet, now);
  } else {
    admit(link, packet, now);
  }
}

void Forwarder::admit(Link& link, Packet* packet, uint64_t now) {
  const Fate fate = link.admit(now, packet->length);
  if (fate.copies == 0) {
    pool_.give(packet);
    return;
  }
  for (int i = 1; i < fate.copies; ++i) {
    Packet* copy = pool_.take();
    if (copy == nullptr) {
      ++link.counters.poolDropped;
      break;
    }
    copy->length = packet->length;
    copy->link = packet->link;
    copy->due = fate.due[i];
    std::memcpy(copy->data, packet->data, packet->length);
    wheel_.insert(copy);
  }
  packet->due = fate.due[0];
  wheel_.insert(packet);
}

void Forwarder::tooBig(size_t from, Link& link, Packet* packet, uint64_t now) {
  const uint32_t mtu = link.parameters().mtu;
  if (dontFragment(packet->data)) {
    ++link.counters.tooBig;
    uint8_t error[576];
    const uint32_t length = fragmentationNeeded(packet->data, packet->length, router_, mtu, error);
    if (length > 0 && write(ports_[from].device.get(), error, length) < 0) ++link.counters.writeFailed;
    pool_.give(packet);
    return;
  }
  for (uint32_t i = 0;; ++i) {
    Packet* piece = pool_.take();
    if (piece == nullptr) {
      ++link.counters.poolDropped;
      break;
    }
    piece->length = fragment(packet->data, packet->length, mtu, i, piece->data);
    piece->link = packet->link;
    if (piece->length == 0) {
      pool_.give(piece);
      break;
    }
    admit(link, piece, now);
  }
  pool_.give(packet);
}

void Forwarder::deliver() {
  const uint64_t now = monotonicNow();
  wheel_.advance(now, [this](Packet* packet) { send(packet, monotonicNow()); });
}

void Forwarder::send(Packet* packet, uint64_t now) {
  Link& link = links_[packet->link];
  const NodePort& to = ports_[packet->link % ports_.size()];
  lateness_.record(now, now > packet->due ? now - packet->due : 0);
  if (write(to.device.get(), packet->data, packet->length) == static_cast<ssize_t>(packet->length)) {
    ++link.counters.delivered;
    link.counters.deliveredOctets += packet->length;
  } else {
    ++link.counters.writeFailed;
  }
  pool_.give(packet);
}

}  // namespace wan
