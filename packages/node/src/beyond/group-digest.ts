import { createHash } from 'node:crypto'
import type { DelayMatrix, Milliseconds, Ratio, Sid } from '@srwan/interface'
import { roundTripsWith } from '@srwan/topology'
import type { LandmarkVector } from '@srwan/topology'
import { summariseGroup } from '@srwan/wire'
import type { GroupDigest, LandmarkTable } from '@srwan/wire'

/** Members that write their group's digest in an epoch. */
const REPORTERS = 3

/** The digest of a group as one of its members sees it. */
export function digestOf(members: readonly Sid[], matrix: DelayMatrix, table: LandmarkTable, now: Milliseconds): GroupDigest {
  const inGroup = new Set(members)
  const trips: Milliseconds[] = []
  for (const member of members) for (const [other, trip] of roundTripsWith(matrix, member, now)) if (member < other && inGroup.has(other)) trips.push(trip)
  const losses: Ratio[] = matrix.cells.flatMap((row) => row.flatMap((cell) => cell?.loss ?? []))
  return summariseGroup(members, table, { trips, losses })
}

/** Who writes the digest: drawn by the beacon, so that nobody is chosen by itself. */
export function isReporter(self: Sid, members: readonly Sid[], beacon: Uint8Array): boolean {
  const draw = (sid: Sid): string => createHash('sha256').update('srwan-reporter').update(beacon).update(sid, 'hex').digest('hex')
  const own = draw(self)
  return members.includes(self) && members.filter((member) => draw(member) < own).length < REPORTERS
}

/**
 * Round trips of everybody to the landmarks that most groups measured, out of anchored digests: what the next landmarks are chosen on.
 *
 * @param groups - for each group what its reporters said
 */
export function anchoredVectors(groups: readonly (readonly GroupDigest[])[]): ReadonlyMap<Sid, LandmarkVector> {
  const merged = groups.flatMap((digests) => mergeDigests(digests) ?? [])
  const counts = new Map<string, number>()
  for (const { landmarks } of merged) counts.set(landmarks.join(), (counts.get(landmarks.join()) ?? 0) + 1)
  const [common] = [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1))
  const usable = merged.filter(({ landmarks }) => landmarks.join() === common?.[0])
  return new Map(usable.flatMap(({ members, vectors }) => members.map((member, index): [Sid, LandmarkVector] => [member, vectors[index] ?? []])))
}

/** One digest out of several members' words on one group: the median of each number, of the words that have it. */
function mergeDigests(digests: readonly GroupDigest[]): GroupDigest | undefined {
  const [first] = digests
  if (first === undefined) return undefined
  const same = digests.filter(({ landmarks }) => landmarks.join() === first.landmarks.join())
  const vectorIn = (digest: GroupDigest, member: Sid): GroupDigest['vectors'][number] | undefined => digest.vectors[digest.members.indexOf(member)]
  const losses = same.flatMap(({ loss }) => loss ?? [])
  return {
    members: first.members,
    landmarks: first.landmarks,
    vectors: first.members.map((member) => first.landmarks.map((_, k) => median(same.map((digest) => vectorIn(digest, member)?.[k])))),
    delayQuantiles: first.delayQuantiles.map((_, k) => median(same.map(({ delayQuantiles }) => delayQuantiles[k]))),
    loss: median(losses)
  }
}

/** The lower one of the two in the middle: a word that somebody said. */
function median<T extends number>(values: readonly (T | undefined)[]): T | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  return known[Math.floor((known.length - 1) / 2)]
}
