import type { HealthEntry } from './documents/status.ts'

/** What is known of a health code beyond the finding itself. */
export interface HealthRule {
  readonly code: string
  readonly severity: HealthEntry['severity']
  readonly title: string
  readonly remedy: string
  /** Findings that explain this one: while one of them stands, this one stays silent. */
  readonly dependsOn: readonly string[]
  /** A finding younger than this is not shown; milliseconds. */
  readonly timeToVisible: number
}

/** Every health code of the daemon and the node: the one place for titles, remedies and dependencies. */
export const HEALTH_RULES: readonly HealthRule[] = [
  {
    code: 'datapath-failure',
    severity: 'error',
    title: 'The datapath stopped working',
    remedy: 'restart the node with `srwan down` and `srwan up`; `srwan doctor` shows what the system lacks',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'membership-revoked',
    severity: 'error',
    title: 'This node is no longer a member',
    remedy: 'ask whoever runs the network for a new invitation',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'membership-expired',
    severity: 'error',
    title: 'The certificate of this node has expired',
    remedy: 'ask whoever runs the network for a new invitation, and check the date of this machine',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'identity-in-use',
    severity: 'error',
    title: 'Another node runs with the identity of this one',
    remedy: 'stop one of the two; each machine needs an invitation of its own',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'refused',
    severity: 'error',
    title: 'A member refuses this node',
    remedy: 'its reason is in the log; ask whoever runs the network for a new invitation',
    dependsOn: ['membership-revoked', 'membership-expired', 'identity-in-use'],
    timeToVisible: 0
  },
  {
    code: 'not-taken',
    severity: 'error',
    title: 'A member of the open network does not take this node',
    remedy:
      'its reason is in the log (`logLevel: debug`). Others must reach the TCP port of this node at the first of its addresses: name that one with `advertise`. Of one /24 (IPv6: /48) a network takes two routers',
    dependsOn: ['identity-in-use'],
    timeToVisible: 0
  },
  {
    code: 'no-beacon',
    severity: 'warning',
    title: 'This open network has outgrown one group, and nothing draws its groups',
    remedy:
      'it goes on: its groups follow from the keys of the routers alone, so that whoever makes keys can choose a group. That changes with a network that has a chain, whose beacon draws the groups',
    dependsOn: [],
    timeToVisible: 30_000
  },
  {
    code: 'no-peers',
    severity: 'error',
    title: 'No other member can be reached',
    remedy: 'check that the bootstrap addresses in the network file are right and that their TCP port is open; `srwan doctor` tests both',
    dependsOn: ['datapath-failure', 'membership-revoked', 'membership-expired', 'refused', 'not-taken'],
    timeToVisible: 10_000
  },
  {
    code: 'quarantined',
    severity: 'error',
    title: 'Other members leave this node out of their paths',
    remedy: '`srwan status` says what they saw; check that this machine forwards UDP and that nothing filters it, then wait: they try again by themselves',
    dependsOn: ['datapath-failure'],
    timeToVisible: 0
  },
  {
    code: 'group-too-large',
    severity: 'error',
    title: 'More members want into this network than it can hold',
    remedy: 'revoke members that are gone, or run two networks: one holds 10,000 members',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'roster-conflict',
    severity: 'warning',
    title: 'Two members claim the same thing (an invitation, a prefix or a SID)',
    remedy: 'look for a shared invitation or a prefix given twice with `srwan network members`; revoke one of the two',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'disk-full',
    severity: 'error',
    title: 'The state of this node cannot be written',
    remedy: 'free some space in the home of this node and check its owner; it is tried again by itself',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'exchange-unavailable',
    severity: 'error',
    title: 'The exchange of this node cannot be opened',
    remedy: 'check owner and free space of `state/ditex` in the home of this node; it is tried again by itself. What was in it comes back from other members if it is moved away',
    dependsOn: [],
    timeToVisible: 0
  },
  {
    code: 'exchange-damaged',
    severity: 'warning',
    title: 'Entries of the exchange were damaged on this disk',
    remedy: 'nothing: they are fetched from other members again. Where it happens twice, look at the disk',
    dependsOn: ['exchange-unavailable'],
    timeToVisible: 0
  },
  {
    code: 'eclipse-suspected',
    severity: 'warning',
    title: 'The connected members may be keeping news of the exchange from this node',
    remedy: 'nothing at first: it connects to others by itself; if it stays, add bootstrap addresses in other networks',
    dependsOn: ['no-peers'],
    timeToVisible: 0
  },
  {
    code: 'matrix-incomplete',
    severity: 'warning',
    title: 'Some delays between members are not known',
    remedy: 'wait for three pulse intervals; if it stays, check that UDP between the members named by `srwan matrix` is open',
    dependsOn: ['datapath-failure', 'no-peers', 'membership-revoked', 'membership-expired', 'refused', 'not-taken'],
    timeToVisible: 30_000
  },
  {
    code: 'clock-jump',
    severity: 'info',
    title: 'The clock jumped or the machine was suspended',
    remedy: 'nothing: measurements start over by themselves within three pulse intervals',
    dependsOn: ['datapath-failure'],
    timeToVisible: 0
  }
]

const BY_CODE: ReadonlyMap<string, HealthRule> = new Map(HEALTH_RULES.map((one) => [one.code, one]))

/** @returns the rule of a code; a code that the registry does not know is always shown */
export const healthRule = (code: string): HealthRule | undefined => BY_CODE.get(code)

/**
 * What a person should see of the findings that stand: consequences of a known cause stay silent, blips do not show.
 *
 * @param findings - those that stand now
 * @param ageMs - how long a code has stood, in ms
 * @returns most severe first
 */
export function visibleHealth(findings: readonly HealthEntry[], ageMs: (code: string) => number): HealthEntry[] {
  const standing = new Set(findings.map(({ code }) => code))
  const order = { error: 0, warning: 1, info: 2 } as const
  return findings
    .filter(({ code }) => {
      const known = BY_CODE.get(code)
      return known === undefined || (!known.dependsOn.some((cause) => standing.has(cause)) && ageMs(code) >= known.timeToVisible)
    })
    .sort((a, b) => order[a.severity] - order[b.severity])
}

/** The worst of what is shown. */
export function verdictOf(health: readonly HealthEntry[]): 'healthy' | 'degraded' | 'unhealthy' {
  if (health.some(({ severity }) => severity === 'error')) return 'unhealthy'
  return health.some(({ severity }) => severity === 'warning') ? 'degraded' : 'healthy'
}
