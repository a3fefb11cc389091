#include "engine/engine_config.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <unordered_set>

namespace srwan {
namespace {

using Problem = std::optional<ConfigProblem>;

std::string sidText(Sid sid) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sid));
  return text;
}

std::string indexed(const char* name, std::size_t index) { return std::string(name) + '.' + std::to_string(index); }

Problem checkPeers(const EngineConfig& config, Sid own, std::unordered_set<Sid>& known) {
  std::size_t prefixes = config.localPrefixes.size();
  for (std::size_t i = 0; i < config.peers.size(); ++i) {
    const PeerConfig& peer = config.peers[i];
    const std::string field = indexed("peers", i);
    if (peer.sid == NO_SID) return ConfigProblem{field + ".sid", "0 is no SID"};
    if (peer.sid == own) return ConfigProblem{field + ".sid", "is this node itself"};
    if (!known.insert(peer.sid).second) return ConfigProblem{field + ".sid", sidText(peer.sid) + " is there twice"};
    if (peer.endpoint.version == 0 || peer.endpoint.port == 0)
      return ConfigProblem{field + ".endpoint", "needs an address and a port from 1 to 65535"};
    if (peer.relays.size() > MAX_PEERS) return ConfigProblem{field + ".relays", "is too long"};
    prefixes += peer.prefixes.size();
  }
  if (prefixes > MAX_PREFIXES)
    return ConfigProblem{"peers", "at most " + std::to_string(MAX_PREFIXES) + " prefixes in all"};
  return std::nullopt;
}

struct ListRule {
  // Last SID of each list.
  Sid end;
  // Must not occur in it.
  Sid start;
  const std::unordered_set<Sid>& known;
};

Problem checkList(const SidList& list, const ListRule& rule, const std::string& field) {
  if (list.empty() || list.size() > MAX_SEGMENTS)
    return ConfigProblem{field, "needs 1 to " + std::to_string(MAX_SEGMENTS) + " SIDs"};
  if (list.back() != rule.end) return ConfigProblem{field, "must end in " + sidText(rule.end)};
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == rule.start) return ConfigProblem{field, "must not contain its own start " + sidText(rule.start)};
    if (i + 1 < list.size() && !rule.known.contains(list[i]))
      return ConfigProblem{field, sidText(list[i]) + " is not among the peers"};
    if (std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), list[i]) !=
        list.begin() + static_cast<std::ptrdiff_t>(i)) {
      return ConfigProblem{field, sidText(list[i]) + " is there twice"};
    }
  }
  return std::nullopt;
}

Problem checkLists(const std::vector<SidList>& lists, const ListRule& rule, const std::string& field) {
  if (lists.empty() || lists.size() > MAX_PATHS_PER_POLICY)
    return ConfigProblem{field, "needs 1 to " + std::to_string(MAX_PATHS_PER_POLICY) + " segment lists"};
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (auto problem = checkList(lists[i], rule, indexed(field.c_str(), i))) return problem;
  }
  return std::nullopt;
}

bool inRange(const PolicyConfig& policy, const PairIndex& pair) {
  return pair.forward < policy.forward.size() && pair.reverse < policy.reverse.size();
}

Problem checkPolicy(const PolicyConfig& policy, Sid own, const std::unordered_set<Sid>& known,
                    const std::string& field) {
  if (!known.contains(policy.endpoint))
    return ConfigProblem{field + ".endpoint", sidText(policy.endpoint) + " is not among the peers"};
  if (policy.color < MIN_COLOR || policy.color > MAX_COLOR) return ConfigProblem{field + ".color", "must be 1 to 8"};
  if (auto problem = checkLists(policy.forward, {policy.endpoint, own, known}, field + ".forward")) return problem;
  if (auto problem = checkLists(policy.reverse, {own, policy.endpoint, known}, field + ".reverse")) return problem;
  if (!inRange(policy, policy.active)) return ConfigProblem{field + ".active", "is no index into forward and reverse"};
  if (policy.standby && !inRange(policy, *policy.standby))
    return ConfigProblem{field + ".standby", "is no index into forward and reverse"};
  return std::nullopt;
}

}  // namespace

std::optional<ConfigProblem> findConfigProblem(const EngineConfig& config, Sid own) {
  if (config.peers.size() > MAX_PEERS) return ConfigProblem{"peers", "at most " + std::to_string(MAX_PEERS)};
  if (config.policies.size() > MAX_POLICIES)
    return ConfigProblem{"policies", "at most " + std::to_string(MAX_POLICIES)};
  std::unordered_set<Sid> known;
  if (auto problem = checkPeers(config, own, known)) return problem;
  std::set<std::pair<Sid, std::uint8_t>> seen;
  for (std::size_t i = 0; i < config.policies.size(); ++i) {
    const PolicyConfig& policy = config.policies[i];
    const std::string field = indexed("policies", i);
    if (auto problem = checkPolicy(policy, own, known, field)) return problem;
    if (!seen.emplace(policy.endpoint, policy.color).second)
      return ConfigProblem{field, "a policy for this endpoint and color is there already"};
  }
  return std::nullopt;
}

}  // namespace srwan
