import { MAX_GROUP_SIZE, MalformedMessageError, ms, ratio } from '@srwan/interface'
import type { Milliseconds, Ratio, Sid } from '@srwan/interface'
import { fullColumnLength } from './column-full.ts'
import { MAX_LANDMARKS, packVectors, unpackVectors } from './group-column.ts'
import type { LandmarkTable } from './group-column.ts'
import { packRoundTrips, packSids, unpackRoundTrips, unpackSids } from './round-trips.ts'

/** Quantiles of a digest's round trips. */
export const DIGEST_QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const
const PARTS_PER_MILLION = 1e6
const ROOT_LENGTH = 32

/** Body of a `digest` entry: one group as the others see it. */
export interface GroupDigest extends LandmarkTable {
  /** In the order of their SIDs. */
  readonly members: readonly Sid[]
  /** Of the round trips within the group, at `DIGEST_QUANTILES`; `undefined` where nothing is measured. */
  readonly delayQuantiles: readonly (Milliseconds | undefined)[]
  /** Mean one-way loss within the group; `undefined` where nothing is measured. */
  readonly loss: Ratio | undefined
  /** Where the network has several groups: root over the logs of group scope that this group holds of the epoch before. */
  readonly shard?: ShardRoot | undefined
}

/** What a group states of its own logs, so that they can be proven under the anchored root of the epoch that holds the statement. */
export interface ShardRoot {
  readonly epoch: number
  /** 32 octets. */
  readonly root: Uint8Array
}

/** Body of a `column` entry: the author's column at the end of an epoch. */
export interface ColumnBody {
  /** The group in the order of their SIDs, the author among them: gives the cells their senders. */
  readonly members: readonly Sid[]
  /** Full column as in columns-and-pulses.md: one-way delays on the author's clock. */
  readonly column: Uint8Array
  /** The author's round trips with each member, free of clock offsets; `undefined` for itself. */
  readonly trips: readonly (Milliseconds | undefined)[]
}

type Body = Readonly<Record<string, unknown>>

/** @returns plain octet strings and numbers, as dag-cbor holds them; 2.6 kB for 100 members */
export function digestBody(digest: GroupDigest): Body {
  return {
    v: 1,
    members: packSids(digest.members),
    landmarks: packSids(digest.landmarks),
    vectors: packVectors(digest.vectors),
    delay: packRoundTrips(digest.delayQuantiles),
    loss: digest.loss === undefined ? null : Math.round(digest.loss * PARTS_PER_MILLION),
    ...(digest.shard === undefined ? {} : { shard: { epoch: digest.shard.epoch, root: digest.shard.root } })
  }
}

/** @throws MalformedMessageError where the body is anything else; versions above 1 may add fields */
export function readDigestBody(body: unknown): GroupDigest {
  const members = unpackSids(octetsOf(body, 'members'), MAX_GROUP_SIZE)
  const landmarks = unpackSids(octetsOf(body, 'landmarks'), MAX_LANDMARKS)
  const loss = fieldOf(body, 'loss')
  const shard = fieldOf(body, 'shard')
  if (loss !== null && !(typeof loss === 'number' && Number.isInteger(loss) && loss >= 0 && loss <= PARTS_PER_MILLION)) throw new MalformedMessageError('loss of a digest')
  return {
    members,
    landmarks,
    vectors: unpackVectors(octetsOf(body, 'vectors'), members.length, landmarks.length),
    delayQuantiles: unpackRoundTrips(octetsOf(body, 'delay'), DIGEST_QUANTILES.length),
    loss: loss === null ? undefined : ratio(loss / PARTS_PER_MILLION),
    ...(shard === undefined ? {} : { shard: shardRootOf(shard) })
  }
}

function shardRootOf(value: unknown): ShardRoot {
  const epoch = fieldOf(value, 'epoch')
  const root = octetsOf(value, 'root')
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0 || root.length !== ROOT_LENGTH) throw new MalformedMessageError('root of the logs in a digest')
  return { epoch, root }
}

/** @returns as `digestBody`; 2 kB for 100 members */
export function columnBody({ members, column, trips }: ColumnBody): Body {
  return { v: 1, members: packSids(members), column, trips: packRoundTrips(trips) }
}

/** @throws MalformedMessageError where the body is anything else; the column itself is for `decodeFullColumn` */
export function readColumnBody(body: unknown): ColumnBody {
  const members = unpackSids(octetsOf(body, 'members'), MAX_GROUP_SIZE)
  const column = octetsOf(body, 'column')
  if (members.length < 2 || column.length !== fullColumnLength(members.length)) throw new MalformedMessageError('length of a column and its number of members disagree')
  return { members, column, trips: unpackRoundTrips(octetsOf(body, 'trips'), members.length) }
}

function fieldOf(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new MalformedMessageError('body is no map')
  return (body as Body)[name]
}

function octetsOf(body: unknown, name: string): Uint8Array {
  const value = fieldOf(body, name)
  if (!(value instanceof Uint8Array)) throw new MalformedMessageError(`${name} of a body is not octets`)
  return value
}

/**
 * The digest of a group: quantiles over the round trips and the mean loss that its members measured.
 *
 * @param trips - one per unordered pair, any order
 * @param losses - one per measured direction
 */
export function summariseGroup(
  members: readonly Sid[],
  table: LandmarkTable,
  measured: { readonly trips: readonly Milliseconds[]; readonly losses: readonly Ratio[] }
): GroupDigest {
  const sorted = [...measured.trips].sort((a, b) => a - b)
  const at = (q: number): Milliseconds | undefined => sorted[Math.round(q * (sorted.length - 1))]
  const sum = measured.losses.reduce((total, loss) => total + loss, 0)
  return {
    members,
    landmarks: table.landmarks,
    vectors: table.vectors,
    delayQuantiles: DIGEST_QUANTILES.map((q) => (sorted.length === 0 ? undefined : ms(at(q) ?? NaN))),
    loss: measured.losses.length === 0 ? undefined : ratio(sum / measured.losses.length)
  }
}
