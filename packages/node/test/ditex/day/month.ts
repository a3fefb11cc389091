import { octetsOnTheWire } from '@srwan/testing'
import { GROUP } from './full-group.ts'
import type { OnTheWire } from '@srwan/testing'
import type { DayResult } from './simulated-day.ts'
import type { Purpose } from './octet-ledger.ts'

/** What a node of a full group may send in 30 days. */
export const BUDGET = 5e9
/** Nodes of a group that start again in a month: one each two hours. */
const RESTARTS = 360
const OF_RESTARTS: readonly Purpose[] = ['reconnect handshakes', 'roster exchange']
/** Octets that one node sends in a month, by purpose. */
export type Month = ReadonlyMap<string, OnTheWire>

const HOURS = 720
/** Epochs of the product: an hour each. */
const EPOCHS = 720
/** Written by a few members for the whole group, however many there are. */
const OF_THE_GROUP: readonly Purpose[] = ['gossip global: digest', 'gossip global: checkpoint', 'gossip anchors']

/** What the exchange and its connections come to, of one node of a full group. */
export function monthOf({ sent, nodes, hours, epochs, restarts }: DayResult): Month {
  // What costs by the hour costs the same in every group; what is written costs by author and epoch.
  const scaleOf = (purpose: Purpose): number => {
    if (OF_RESTARTS.includes(purpose)) return RESTARTS / restarts / GROUP
    if (!purpose.startsWith('gossip') && purpose !== 'exchange entries') return HOURS / hours / nodes
    return (EPOCHS / epochs / nodes) * (OF_THE_GROUP.includes(purpose) ? 1 : GROUP / nodes)
  }
  return new Map([...sent].map(([purpose, octets]) => [purpose, scaled(octets, scaleOf(purpose))]))
}

export function totalOf(month: Month): number {
  return [...month.values()].reduce((sum, octets) => sum + octetsOnTheWire(octets), 0)
}

/** For people: a line for each purpose; how much of it are heads of packets and acknowledgements stands beside it. */
export function describeMonth(title: string, month: Month): string {
  const all = [...month.values()].reduce((sum, { content, heads }) => ({ content: sum.content + content, heads: sum.heads + heads }), { content: 0, heads: 0 })
  const lines = [...month, ['in all', all] as const].map(
    ([purpose, octets]) => `      ${purpose.padEnd(26)} ${megabytes(octetsOnTheWire(octets))} MB, heads ${megabytes(octets.heads)}`
  )
  return `      ${title}\n${lines.join('\n')}\n`
}

export function scaled({ content, heads }: OnTheWire, by: number): OnTheWire {
  return { content: content * by, heads: heads * by }
}

const megabytes = (octets: number): string => (octets / 1e6).toFixed(1).padStart(8)
