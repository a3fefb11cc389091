import { createHash } from 'node:crypto'
import type { Sid } from '@srwan/interface'

/** Members that write their group's digest in an epoch. */
const REPORTERS = 3

/** Who writes the digest of a group in an epoch: drawn by the beacon, so that nobody is chosen by itself. @returns at most 3 */
export function reportersOf(members: readonly Sid[], beacon: Uint8Array): readonly Sid[] {
  const draw = (sid: Sid): string => createHash('sha256').update('srwan-reporter').update(beacon).update(sid, 'hex').digest('hex')
  return members
    .map((sid) => ({ sid, rank: draw(sid) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, REPORTERS)
    .map(({ sid }) => sid)
}
