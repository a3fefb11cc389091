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

const rule = (code: string, severity: HealthRule['severity'], title: string, remedy: string, more: Partial<Pick<HealthRule, 'dependsOn' | 'timeToVisible'>> = {}): HealthRule =>
  ({ code, severity, title, remedy, dependsOn: [], timeToVisible: 0, ...more })

/** Every health code of the daemon and the node: the one place for titles, remedies and dependencies. */
export const HEALTH_RULES: readonly HealthRule[] = [
  rule('datapath-failed', 'error', 'the datapath has stopped', 'Restart the node; `srwan doctor` shows what the system lacks.'),
  rule('not-connected', 'warning', 'no other member is connected', 'Check that a bootstrap member runs and that its TCP port is open: `srwan doctor`.', { dependsOn: ['datapath-failed'], timeToVisible: 5000 }),
  rule('no-measurements', 'warning', 'no member answers probes', 'Check that the UDP port is open in both directions: `srwan doctor`.', { dependsOn: ['datapath-failed', 'not-connected'], timeToVisible: 20_000 }),
  rule('matrix-incomplete', 'info', 'some delays are unknown or stale', 'Nothing to do where members have just come or gone; else see `srwan matrix`.', { dependsOn: ['datapath-failed', 'not-connected', 'no-measurements'], timeToVisible: 30_000 }),
  rule('group-full', 'error', 'the group has more than 100 members', 'Revoke members that are gone: `srwan network members`.'),
  rule('no-tun', 'info', 'there is no overlay device: this node is a pure transit', 'Set `tun` in config.yaml to use the overlay from this machine.'),
  rule('certificate-expiring', 'warning', 'the certificate of this node expires soon', 'Ask the organisation for a new invitation.'),
  rule('revoked', 'error', 'this node was revoked by its organisation', 'Ask the organisation for a new invitation.'),
  rule('clock-unsteady', 'warning', 'the measuring clock jumps', 'Check the clock source of the machine: `srwan doctor`.', { timeToVisible: 10_000 }),
  rule('evidence', 'warning', 'measurements contradict each other', 'See `evidence` in `srwan status --json`: one of the two ends may report what it did not measure.', { timeToVisible: 30_000 })
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
export function visibleHealth (findings: readonly HealthEntry[], ageMs: (code: string) => number): HealthEntry[] {
  const standing = new Set(findings.map(({ code }) => code))
  const order = { error: 0, warning: 1, info: 2 } as const
  return findings.filter(({ code }) => {
    const known = BY_CODE.get(code)
    return known === undefined || (!known.dependsOn.some((cause) => standing.has(cause)) && ageMs(code) >= known.timeToVisible)
  }).sort((a, b) => order[a.severity] - order[b.severity])
}

/** The worst of what is shown. */
export function verdictOf (health: readonly HealthEntry[]): 'healthy' | 'degraded' | 'unhealthy' {
  if (health.some(({ severity }) => severity === 'error')) return 'unhealthy'
  return health.some(({ severity }) => severity === 'warning') ? 'degraded' : 'healthy'
}
