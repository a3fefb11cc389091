import type { HealthFinding } from './node.ts'

/** Findings of a node, by code: data for people and scripts, not log lines. */
export const HEALTH_FINDINGS = {
  'no-peers': {
    severity: 'error',
    title: 'No other member can be reached',
    remedy: 'check that the bootstrap addresses in the network file are right and that their TCP port is open; `srwan doctor` tests both'
  },
  'matrix-incomplete': {
    severity: 'warning',
    title: 'Some delays between members are not known',
    remedy: 'wait for three pulse intervals; if it stays, check that UDP between the members named by `srwan matrix` is open'
  },
  'clock-jump': { severity: 'info', title: 'The clock jumped or the machine was suspended', remedy: 'nothing: measurements start over by themselves within three pulse intervals' },
  'group-too-large': {
    severity: 'error',
    title: 'More members want into this network than it can hold',
    remedy: 'revoke members that are gone, or run two networks: one holds 10,000 members'
  },
  'roster-conflict': {
    severity: 'warning',
    title: 'Two members claim the same thing (an invitation, a prefix or a SID)',
    remedy: 'look for a shared invitation or a prefix given twice with `srwan network members`; revoke one of the two'
  },
  quarantined: {
    severity: 'error',
    title: 'Other members leave this node out of their paths',
    remedy: '`srwan status` says what they saw; check that this machine forwards UDP and that nothing filters it, then wait: they try again by themselves'
  },
  'datapath-failure': {
    severity: 'error',
    title: 'The datapath stopped working',
    remedy: 'restart the node with `srwan down` and `srwan up`; `srwan bugreport` collects what a report needs'
  },
  'disk-full': {
    severity: 'error',
    title: 'The state of this node cannot be written',
    remedy: 'free some space in the home of this node and check its owner; it is tried again by itself'
  },
  'exchange-unavailable': {
    severity: 'error',
    title: 'The exchange of this node cannot be opened',
    remedy: 'check owner and free space of `state/ditex` in the home of this node; it is tried again by itself. What was in it comes back from other members if it is moved away'
  },
  'exchange-damaged': {
    severity: 'warning',
    title: 'Entries of the exchange were damaged on this disk',
    remedy: 'nothing: they are fetched from other members again. Where it happens twice, look at the disk'
  },
  'eclipse-suspected': {
    severity: 'warning',
    title: 'The connected members may be keeping news of the exchange from this node',
    remedy: 'nothing at first: it connects to others by itself; if it stays, add bootstrap addresses in other networks'
  },
  'membership-revoked': { severity: 'error', title: 'This node is no longer a member', remedy: 'ask whoever runs the network for a new invitation' },
  'membership-expired': {
    severity: 'error',
    title: 'The certificate of this node has expired',
    remedy: 'ask whoever runs the network for a new invitation, and check the date of this machine'
  },
  'identity-in-use': { severity: 'error', title: 'Another node runs with the identity of this one', remedy: 'stop one of the two; each machine needs an invitation of its own' },
  'not-taken': {
    severity: 'error',
    title: 'A member of the open network does not take this node',
    remedy:
      'its reason is in the log (`logLevel: debug`). Others must reach the TCP port of this node at the first of its addresses: name that one with `advertise`. Of one /24 (IPv6: /48) a network takes two routers'
  },
  'no-beacon': {
    severity: 'warning',
    title: 'This open network has outgrown one group, and nothing draws its groups',
    remedy:
      'it goes on: its groups follow from the keys of the routers alone, so that whoever makes keys can choose a group. That changes with a network that has a chain, whose beacon draws the groups'
  },
  refused: { severity: 'error', title: 'A member refuses this node', remedy: 'its reason is in the log; ask whoever runs the network for a new invitation' }
} as const satisfies Record<string, Omit<HealthFinding, 'code'>>

/** Stable code of a health finding. */
export type HealthCode = keyof typeof HEALTH_FINDINGS

/** Which findings hold now. */
export interface HealthBoard {
  /** @param cause - what it is about, where a finding has several causes that come and go alone */
  readonly raise: (code: HealthCode, cause?: string) => void
  /** The finding goes with its last cause. */
  readonly clear: (code: HealthCode, cause?: string) => void
  readonly list: () => readonly HealthFinding[]
}

export function createHealthBoard(): HealthBoard {
  const raised = new Map<HealthCode, Set<string>>()
  return {
    raise: (code, cause = '') => {
      const causes = raised.get(code) ?? new Set<string>()
      raised.set(code, causes.add(cause))
    },
    clear: (code, cause = '') => {
      const causes = raised.get(code)
      causes?.delete(cause)
      if (causes?.size === 0) raised.delete(code)
    },
    list: () => [...raised.keys()].map((code) => ({ code, ...HEALTH_FINDINGS[code] }))
  }
}
