// All SR policies of this headend.
#pragma once

#include <memory>

#include "engine/engine_context.h"
#include "engine/policy.h"

namespace srwan {

class PolicyTable {
 public:
  // The policies of one endpoint.
  struct Group {
    std::array<Policy*, MAX_COLOR> items{};
    std::size_t count = 0;

    std::span<Policy* const> view() const { return {items.data(), count}; }
  };

  Policy* at(std::int32_t index) {
    return index < 0 || static_cast<std::size_t>(index) >= policies_.size()
               ? nullptr
               : policies_[static_cast<std::size_t>(index)].get();
  }

  Group of(const Peer& peer) {
    Group group;
    for (const std::int32_t index : peer.policies) {
      if (Policy* policy = at(index)) group.items[group.count++] = policy;
    }
    return group;
  }

  Policy& add(Peer& peer, const PolicyConfig& config) {
    std::size_t index = 0;
    while (index < policies_.size() && policies_[index]) ++index;
    if (index == policies_.size()) policies_.emplace_back();
    policies_[index] = std::make_unique<Policy>();
    Policy& policy = *policies_[index];
    policy.index = static_cast<std::int32_t>(index);
    policy.peer = peer.index;
    policy.config = config;
    peer.policies[config.color] = policy.index;
    choose(peer);
    return policy;
  }

  void remove(Peer& peer, std::int32_t index) {
    peer.policies[policies_[static_cast<std::size_t>(index)]->config.color] = -1;
    policies_[static_cast<std::size_t>(index)].reset();
    choose(peer);
  }

  template <class Visitor>
  void forEach(Visitor visit) {
    for (auto& policy : policies_) {
      if (policy) visit(*policy);
    }
  }

 private:
  // Packets without a class take the lowest color.
  void choose(Peer& peer) {
    peer.defaultPolicy = -1;
    for (const std::int32_t index : peer.policies) {
      if (index >= 0) {
        peer.defaultPolicy = index;
        return;
      }
    }
  }

  std::vector<std::unique_ptr<Policy>> policies_;
};

}  // namespace srwan
