import { LANDMARKS, LEAST_LANDMARKS } from './constants.ts'
import { reportersOf } from './reporters.ts'
import type { Milliseconds, PeerIdText, Sid } from '@srwan/interface'
import type { Landmarks } from './swaps.ts'

/** One group as one of its members described it in an anchored epoch. */
export interface AnchoredDigest {
  readonly author: PeerIdText
  /** Whose digest it says that it is. */
  readonly group: number
  readonly members: readonly Sid[]
  readonly landmarks: readonly Sid[]
  /** Of each member its round trips to the landmarks in their order; `undefined` where not measured. */
  readonly vectors: readonly (readonly (Milliseconds | undefined)[])[]
}

/** The groups that stood in an anchored epoch. */
export interface StandingGroups {
  /** Epoch of their state: its beacon draws who reports. */
  readonly stateEpoch: number
  /** Members by the number of their group. */
  readonly groups: ReadonlyMap<number, readonly PeerIdText[]>
}

/** Round trips of routers to the landmarks that most groups measured. */
export interface AnchoredVectors {
  readonly landmarks: readonly Sid[]
  readonly vectors: ReadonlyMap<PeerIdText, readonly (Milliseconds | undefined)[]>
}

const NOTHING: AnchoredVectors = { landmarks: [], vectors: new Map() }

/**
 * What the digests of an anchored epoch say of the round trips to the landmarks: of each group the words of those members that the beacon drew to report, the median of each number; only groups that measured the landmarks that most groups did. A function of anchored entries alone: who is no
 * reporter, or speaks of another group or of routers of another, is not heard.
 *
 * @param digests - any order; of one author and group the first counts, so give one
 * @param beacon - of the epoch of the state
 */
export function anchoredVectors(
  digests: readonly AnchoredDigest[],
  { groups }: Pick<StandingGroups, 'groups'>,
  draw: { readonly beacon: Uint8Array; readonly sidOf: (peerId: PeerIdText) => Sid }
): AnchoredVectors {
  const described: { readonly group: readonly PeerIdText[]; readonly landmarks: readonly Sid[]; readonly words: readonly AnchoredDigest[] }[] = []
  for (const [number, group] of groups) {
    const reporters = new Set(reportersOf(group.map(draw.sidOf), draw.beacon))
    const heard = digests.filter((digest) => digest.group === number && group.includes(digest.author) && reporters.has(draw.sidOf(digest.author)))
    const landmarks = mostNamed(heard.map((digest) => digest.landmarks))
    if (landmarks !== undefined) described.push({ group, landmarks, words: heard.filter((digest) => digest.landmarks.join() === landmarks.join()) })
  }
  const common = mostNamed(described.map(({ landmarks }) => landmarks))
  if (common === undefined) return NOTHING
  const vectors = new Map<PeerIdText, readonly (Milliseconds | undefined)[]>()
  for (const { group, landmarks, words } of described) {
    if (landmarks.join() !== common.join()) continue
    for (const peerId of group)
      vectors.set(
        peerId,
        common.map((_, landmark) => median(words.map((word) => tripIn(word, draw.sidOf(peerId), landmark))))
      )
  }
  return { landmarks: common, vectors }
}

/**
 * The round trips that swaps compare, in whole µs: to those landmarks that at least half of the routers with any have measured, of the routers that have measured all of these.
 *
 * @returns `undefined` where fewer than 4 landmarks are left: one that answers nobody takes nobody's place away, several do
 */
export function swapLandmarks({ landmarks, vectors }: AnchoredVectors): Landmarks | undefined {
  const measured = [...vectors].filter(([, vector]) => vector.some((trip) => trip !== undefined))
  const usable = landmarks
    .slice(0, LANDMARKS)
    .flatMap((_, landmark) => (2 * measured.filter(([, vector]) => vector[landmark] !== undefined).length >= measured.length ? [landmark] : []))
  if (measured.length === 0 || usable.length < LEAST_LANDMARKS) return undefined
  return new Map(
    measured.flatMap(([peerId, vector]): [PeerIdText, readonly number[]][] => {
      const trips = usable.flatMap((landmark) => vector[landmark] ?? [])
      return trips.length === usable.length ? [[peerId, trips.map((trip) => Math.round(trip * 1000))]] : []
    })
  )
}

function tripIn({ members, vectors }: AnchoredDigest, sid: Sid, landmark: number): Milliseconds | undefined {
  return vectors[members.indexOf(sid)]?.[landmark]
}

/** Ties go to the lesser text, so that order says nothing. */
function mostNamed(lists: readonly (readonly Sid[])[]): readonly Sid[] | undefined {
  const named = new Map<string, { readonly list: readonly Sid[]; count: number }>()
  for (const list of lists) {
    const one = named.get(list.join()) ?? { list, count: 0 }
    one.count++
    named.set(list.join(), one)
  }
  return [...named].sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1))[0]?.[1].list
}

/** The lower one of the two in the middle: a word that somebody said. */
function median(values: readonly (Milliseconds | undefined)[]): Milliseconds | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  return known[Math.floor((known.length - 1) / 2)]
}
