import type { DelayMatrix, Milliseconds, Ratio, Sid } from '@srwan/interface'
import { roundTripsWith } from '@srwan/topology'
import { summariseGroup } from '@srwan/wire'
import type { GroupDigest, LandmarkTable } from '@srwan/wire'

/** The digest of a group as one of its members sees it. */
export function digestOf(members: readonly Sid[], matrix: DelayMatrix, table: LandmarkTable, now: Milliseconds): GroupDigest {
  const inGroup = new Set(members)
  const trips: Milliseconds[] = []
  for (const member of members) for (const [other, trip] of roundTripsWith(matrix, member, now)) if (member < other && inGroup.has(other)) trips.push(trip)
  const losses: Ratio[] = matrix.cells.flatMap((row) => row.flatMap((cell) => cell?.loss ?? []))
  return summariseGroup(members, table, { trips, losses })
}
