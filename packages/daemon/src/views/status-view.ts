import { SCHEMA_VERSION, verdictOf } from '@srwan/api'
import type { HealthEntry, StatusDocument } from '@srwan/api'
import type { PathDecision, SessionSnapshot } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { colorName, geoOf, groupOf, namesOf, rounded } from './routers.ts'

/** @param health - already filtered for people */
export function statusOf(node: Node, health: readonly HealthEntry[]): StatusDocument {
  const { self } = node
  return {
    schemaVersion: SCHEMA_VERSION,
    name: self.name,
    network: node.networkId,
    peerId: self.peerId,
    sid: self.sid,
    overlayAddress: self.overlayAddress,
    underlayEndpoint: { address: node.listenEndpoint.address, port: node.listenEndpoint.port },
    multiaddrs: [...node.multiaddrs()],
    geo: geoOf(self.geo),
    roles: [...self.roles],
    pid: process.pid,
    uptimeSeconds: rounded(node.uptimeSeconds()),
    state: node.state(),
    verdict: verdictOf(health),
    group: groupOf(node),
    paths: pathCounts(node),
    failovers: failoversOf(node),
    connections: node.connections().length,
    sessions: sessionCounts(node.sessions()),
    carried: carriedOf(node),
    traffic: Object.fromEntries(Object.entries(node.traffic()).map(([purpose, { sentOctets, receivedOctets }]) => [purpose, { sentOctets, receivedOctets }])),
    counters: { ...node.counters() },
    evidence: node.evidence().map(({ kind, from, to, excessMs }) => ({ kind, from, to, excessMs: rounded(excessMs) })),
    quarantine: quarantineOf(node),
    health: [...health]
  }
}

/** Shown at most; own evidence and verdicts are bounded far below. */
const MAX_QUARANTINE = 200

function quarantineOf(node: Node): StatusDocument['quarantine'] {
  const verdicts = node.quarantine().slice(0, MAX_QUARANTINE)
  const names = namesOf(node, [verdicts.map(({ router }) => router)])
  const iso = (time: number): string => new Date(time).toISOString()
  return verdicts.map(({ router, state, since, until, reasons, isAvoided }) => ({
    sid: router,
    name: names[router] ?? router,
    state,
    isAvoided,
    since: iso(since),
    ...(until === undefined ? {} : { until: iso(until) }),
    reasons: [...reasons]
  }))
}

/** Every member has at least its default path. */
export function pathCounts(node: Node): { total: number; improved: number } {
  const others = node
    .roster()
    .members.filter(({ sid }) => sid !== node.self.sid)
    .map(({ sid }) => sid)
  const improved = new Set(
    node
      .decisions()
      .filter(isImproved)
      .map(({ endpoint }) => endpoint)
  )
  return { total: others.length, improved: others.filter((sid) => improved.has(sid)).length }
}

const isImproved = (decision: PathDecision): boolean => decision.forward.active.length > 1 || decision.reverse.active.length > 1

/** What was dead, in words. */
const CAUSES = { forward: 'the way there was dead', reverse: 'the way back was dead', both: 'both ways were dead' } as const

function failoversOf(node: Node): StatusDocument['failovers'] {
  const now = node.clock.now()
  const switches = node.switches()
  const names = namesOf(node, [switches.map(({ endpoint }) => endpoint)])
  const policies = switches.map(({ endpoint, color, at, count, cause }) => ({
    destination: endpoint,
    name: names[endpoint] ?? endpoint,
    color: colorName(color),
    count,
    lastAgoSeconds: rounded((now - at) / 1000),
    cause: CAUSES[cause]
  }))
  return { total: node.counters().pathSwitches, policies }
}

/** Members that are shown; the rest is in `accounting`. */
const MAX_CARRIED = 100

function carriedOf(node: Node): StatusDocument['carried'] {
  const carried = node.accounts().carried.slice(0, MAX_CARRIED)
  const names = namesOf(node, [carried.map(({ member }) => member)])
  return carried.map((entry) => ({ ...entry, name: names[entry.member] ?? entry.member }))
}

export function sessionCounts(sessions: readonly SessionSnapshot[]): StatusDocument['sessions'] {
  const counts = { ingress: 0, transit: 0, egress: 0 }
  for (const { role } of sessions) counts[role]++
  return counts
}
