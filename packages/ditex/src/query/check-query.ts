import { InvalidInputError } from '@srwan/interface'
import { cidOfDigest, digestOfCid } from '../entry/entry-cid.ts'
import { checkCondition } from './condition.ts'
import { checkPlace } from './place.ts'
import { MAX_CONDITIONS, MAX_CURSOR, MAX_QUERY_LIMIT } from './query.ts'
import type { BestOf, DitexQuery } from './query.ts'

/** Bounds of the entry format: packages/spec/protocol/ditex.md. */
const MAX_KIND = 32
const MAX_KEY = 128
const MAX_EPOCH = 0xffff_ffff
const MAX_AUTHOR = 64
const MAX_CITY = 128
const MAX_GROUP = 0xffff_ffff
const MAX_CID = 128
/** The year 2500, in ms; beyond it a date is a mistake. */
const MAX_WALL_TIME = 16_725_225_600_000

type Check = (value: unknown, name: string) => unknown

const CHECKS: { readonly [K in keyof Required<DitexQuery>]: Check } = {
  kind: text(1, MAX_KIND),
  key: text(0, MAX_KEY),
  keyPrefix: text(0, MAX_KEY),
  author: matching(/^([0-9a-f]{16}|12D3Koo[1-9A-HJ-NP-Za-km-z]{45})$/, MAX_AUTHOR, 'expected a SID of 16 hex digits or a peer id'),
  country: (value, name) => (matching(/^[A-Za-z]{2}$/, 2, 'expected two letters')(value, name) as string).toUpperCase(),
  city: text(1, MAX_CITY),
  asn: whole(0, 0xffff_ffff),
  sinceEpoch: whole(0, MAX_EPOCH),
  untilEpoch: whole(0, MAX_EPOCH),
  sinceMs: whole(0, MAX_WALL_TIME),
  untilMs: whole(0, MAX_WALL_TIME),
  where: (value, name) => {
    if (!Array.isArray(value) || value.length > MAX_CONDITIONS) throw bad(name, `expected a list of at most ${MAX_CONDITIONS} conditions`)
    return value.map((one) => checkCondition(one, name))
  },
  bestOf: checkBestOf,
  cid: checkCid,
  arrived: truth,
  history: truth,
  at: whole(0, MAX_EPOCH),
  group: whole(0, MAX_GROUP),
  limit: whole(1, MAX_QUERY_LIMIT),
  cursor: matching(/^[A-Za-z0-9_-]+$/, MAX_CURSOR, 'is not a cursor of an answer')
}

/**
 * A question out of something that was received: nothing unknown, everything within its bounds.
 *
 * @throws InvalidInputError naming the field
 */
export function checkQuery(value: unknown): DitexQuery {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('', 'expected a question')
  const checked: Record<string, unknown> = {}
  for (const [name, found] of Object.entries(value)) {
    if (found === undefined) continue
    if (!Object.hasOwn(CHECKS, name)) throw bad(name.slice(0, 64), 'is no part of a question')
    checked[name] = CHECKS[name as keyof DitexQuery](found, name)
  }
  return together(checked)
}

/** Fields that exclude each other: where the first is given, none of the others is. */
const EXCLUSIONS: readonly { readonly given: keyof DitexQuery; readonly others: readonly (keyof DitexQuery)[]; readonly named: keyof DitexQuery; readonly message: string }[] = [
  { given: 'key', others: ['keyPrefix'], named: 'keyPrefix', message: 'a key and the beginning of a key exclude each other' },
  { given: 'bestOf', others: ['kind', 'key', 'keyPrefix', 'history'], named: 'bestOf', message: 'the best between two places takes neither kind nor key nor history' },
  { given: 'bestOf', others: ['cursor'], named: 'cursor', message: 'the best between two places has one page' },
  { given: 'arrived', others: ['bestOf', 'history', 'group', 'limit'], named: 'arrived', message: 'takes neither a best of nor history, group or limit' },
  {
    given: 'cid',
    others: (Object.keys(CHECKS) as (keyof DitexQuery)[]).filter((name) => name !== 'cid' && name !== 'group' && name !== 'at'),
    named: 'cid',
    message: 'stands alone, or with a group'
  }
]

function together(query: DitexQuery): DitexQuery {
  const isGiven = (name: keyof DitexQuery): boolean => query[name] !== undefined && query[name] !== false
  for (const { given, others, named, message } of EXCLUSIONS) if (isGiven(given) && others.some(isGiven)) throw bad(named, message)
  return query
}

function checkBestOf(value: unknown, name: string): BestOf {
  if (typeof value !== 'object' || value === null) throw bad(name, 'expected from, to and by')
  const { from, to, by = 'delay', ...rest } = value as Record<string, unknown>
  if (Object.keys(rest).length > 0) throw bad(name, 'has a field that is not known')
  if (by !== 'price' && by !== 'delay') throw bad(`${name}.by`, 'expected price or delay')
  return { from: checkPlace(from, `${name}.from`), to: checkPlace(to, `${name}.to`), by }
}

function truth(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw bad(name, 'expected true or false')
  return value
}

/** In its one form: what two peers are asked is the same text. */
function checkCid(value: unknown, name: string): string {
  if (typeof value === 'string' && value.length <= MAX_CID) {
    const digest = digestOfCid(value)
    if (digest !== undefined) return cidOfDigest(digest)
  }
  throw bad(name, 'is no CID of an entry')
}

function text(minimum: number, maximum: number): Check {
  return (value, name) => {
    if (typeof value !== 'string' || value.length > maximum || octets(value) < minimum || octets(value) > maximum)
      throw bad(name, `expected a text of ${minimum} to ${maximum} octets`)
    return value
  }
}

function whole(minimum: number, maximum: number): Check {
  return (value, name) => {
    if (!Number.isInteger(value) || (value as number) < minimum || (value as number) > maximum) throw bad(name, `expected a whole number from ${minimum} to ${maximum}`)
    return value
  }
}

function matching(pattern: RegExp, maximum: number, message: string): Check {
  return (value, name) => {
    if (typeof value !== 'string' || value.length > maximum || !pattern.test(value)) throw bad(name, message)
    return value
  }
}

const octets = (value: string): number => new TextEncoder().encode(value).length
const bad = (field: string, message: string): InvalidInputError => new InvalidInputError({ source: 'query', field }, message)
