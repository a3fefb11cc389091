import { ms } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'

/** What two views of one matrix may differ by before it is more than drift and age: the greater of these. */
const TOLERANCE = ms(5)
const TOLERANCE_SHARE = 0.1

/** Two members disagree on a round trip of the same router. */
export interface ColumnDifference {
  readonly sid: Sid
  readonly one: Milliseconds
  readonly other: Milliseconds
}

/** One column out of two members' words. */
export interface ReconciledColumn {
  readonly roundTrips: ReadonlyMap<Sid, Milliseconds>
  /** Beyond drift: evidence that one of them is wrong. */
  readonly differences: readonly ColumnDifference[]
}

/**
 * Puts two members' words on the round trips of one router together: the greater one counts, so that who understates wins nothing; what only one of them knows counts as it is. A word that overstates takes
 * a relay off the shortlist, which is the worst that a liar can do here.
 */
export function reconcileColumns(one: ReadonlyMap<Sid, Milliseconds>, other: ReadonlyMap<Sid, Milliseconds> | undefined): ReconciledColumn {
  const roundTrips = new Map(one)
  const differences: ColumnDifference[] = []
  for (const [sid, theirs] of other ?? []) {
    const ours = one.get(sid)
    roundTrips.set(sid, ms(Math.max(ours ?? 0, theirs)))
    if (ours !== undefined && Math.abs(ours - theirs) > Math.max(TOLERANCE, TOLERANCE_SHARE * Math.max(ours, theirs))) differences.push({ sid, one: ours, other: theirs })
  }
  return { roundTrips, differences }
}
