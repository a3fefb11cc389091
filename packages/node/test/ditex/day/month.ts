import { GROUP } from './full-group.ts'
import type { DayResult } from './simulated-day.ts'
import type { Purpose } from './octet-ledger.ts'

/** What a node of a full group may send in 30 days. */
export const BUDGET = 5e9
/** Of it for probes, columns and pulses, as `packages/measurement/test/group.spec.ts` measures it: packages/spec/adr/0005. */
export const MEASUREMENT = 4.4e9
const HOURS = 720
/** Epochs of the product: an hour each. */
const EPOCHS = 720
/** Written by a few members for the whole group, however many there are. */
const OF_THE_GROUP: readonly Purpose[] = ['gossip global: digest', 'gossip global: checkpoint', 'gossip anchors']

/** Octets that one node of a full group sends in a month, by purpose. */
export function monthOf({ sent, nodes, hours, epochs }: DayResult): ReadonlyMap<string, number> {
  const months = [...sent].map(([purpose, octets]): readonly [string, number] => {
    const ofNode = octets / nodes
    // What costs by the hour costs the same in every group; what is written costs by author and epoch.
    if (!purpose.startsWith('gossip') && purpose !== 'exchange entries') return [purpose, (ofNode * HOURS) / hours]
    const inEpochs = (ofNode * EPOCHS) / epochs
    return [purpose, OF_THE_GROUP.includes(purpose) ? inEpochs : (inEpochs * GROUP) / nodes]
  })
  return new Map([['measurement', MEASUREMENT], ...months])
}

export function totalOf(month: ReadonlyMap<string, number>): number {
  return [...month.values()].reduce((sum, octets) => sum + octets, 0)
}

/** For people: a line for each purpose. */
export function describeMonth(month: ReadonlyMap<string, number>): string {
  const lines = [...month, ['in all', totalOf(month)] as const].map(([purpose, octets]) => `      ${purpose.padEnd(26)} ${(octets / 1e6).toFixed(1).padStart(8)} MB`)
  return `      sent in a month by one of ${GROUP}\n${lines.join('\n')}\n`
}
