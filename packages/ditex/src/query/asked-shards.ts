import { isThere } from './place.ts'
import { asksPlace } from './author-routers.ts'
import { MAX_NAMED_SHARDS } from './query.ts'
import type { AnswerShards } from './answer.ts'
import type { DitexQuery } from './query.ts'
import type { ShardDirectory } from './shard-directory.ts'
import type { ViewReader } from './view-reader.ts'
import type { PeerIdText } from '@srwan/interface'

/** Kinds that live in group scope: packages/spec/protocol/ditex.md. */
const GROUP_KINDS: readonly string[] = ['column']

/** Where a question has to be answered. */
export interface AskedShards {
  /** The group whose shard answers alone, where that is not the own one. */
  readonly elsewhere?: number
  /** What the answer has to name: the question is about several shards, and one is held here. */
  readonly named?: AnswerShards
  /** Routers that were looked at for it. */
  readonly looked: number
}

const HERE: AskedShards = { looked: 0 }

/** Whose shard of group scope a question is about: of the group that is named, or of those whose members' entries are wanted. */
export function askedShards(shards: ShardDirectory, reader: ViewReader, query: DitexQuery): AskedShards {
  const own = shards.ownGroup()
  if (query.group !== undefined) return query.group === own ? HERE : { elsewhere: query.group, looked: 0 }
  if (!isOfGroups(query)) return HERE
  const at = query.at ?? reader.epoch()
  const { groups, looked } = concerned(query, reader, (author) => shards.groupOf(author, at))
  const elsewhere = onlyGroup(query, groups)
  if (elsewhere !== undefined) return elsewhere === own ? { looked } : { elsewhere, looked }
  const missing = groups.filter((group) => group !== own).slice(0, MAX_NAMED_SHARDS)
  return { looked, ...(missing.length === 0 ? {} : { named: { used: own === undefined ? [] : [own], missing } }) }
}

/** Other kinds are held everywhere: only where none is wanted the whole question goes elsewhere. */
function onlyGroup({ bestOf, kind }: DitexQuery, [only, ...more]: readonly number[]): number | undefined {
  return more.length === 0 && (bestOf !== undefined || kind !== undefined) ? only : undefined
}

/** Can the answer hold what only groups hold? */
function isOfGroups({ bestOf, kind, cid, arrived }: DitexQuery): boolean {
  if (arrived === true || cid !== undefined) return false
  return bestOf === undefined ? kind === undefined || GROUP_KINDS.includes(kind) : bestOf.by === 'delay'
}

/** Groups in whose shards there may be something, in order; none where everybody's entries are wanted: then the own shard is meant. */
function concerned(query: DitexQuery, reader: ViewReader, groupOf: (author: PeerIdText) => number | undefined): { readonly groups: readonly number[]; readonly looked: number } {
  if (query.bestOf !== undefined) return groupsOfPairs(query.bestOf, reader, groupOf)
  const authors = authorsMeant(query, reader)
  const groups = new Set(authors.map(groupOf).filter((group) => group !== undefined))
  return { groups: [...groups].sort((a, b) => a - b), looked: authors.length }
}

function authorsMeant(query: DitexQuery, reader: ViewReader): readonly PeerIdText[] {
  const named = query.author === undefined ? undefined : reader.author(query.author)
  if (named !== undefined) return [named]
  const { country, city, asn } = query
  if (query.author !== undefined || !asksPlace(query)) return []
  return reader.authorsIn({ ...(country === undefined ? {} : { country }), ...(city === undefined ? {} : { city }), ...(asn === undefined ? {} : { asn }) })
}

/** A column tells of members of its author's group only: pairs are where a group has a router at either place. */
function groupsOfPairs({ from, to }: NonNullable<DitexQuery['bestOf']>, reader: ViewReader, groupOf: (author: PeerIdText) => number | undefined): ReturnType<typeof concerned> {
  const members = new Map<number, { from: number; to: number; both: number }>()
  let looked = 0
  for (const router of reader.routers()) {
    looked++
    const ends = [isThere(from, router), isThere(to, router)]
    const group = ends.includes(true) ? groupOf(router.peerId) : undefined
    if (group === undefined) continue
    const count = members.get(group) ?? { from: 0, to: 0, both: 0 }
    if (ends[0] === true) count.from++
    if (ends[1] === true) count.to++
    if (!ends.includes(false)) count.both++
    members.set(group, count)
  }
  // One router alone at both places is no pair.
  const groups = [...members].filter(([, count]) => count.from > 0 && count.to > 0 && count.from + count.to - count.both > 1).map(([group]) => group)
  return { groups: groups.sort((a, b) => a - b), looked }
}
