import { InvalidInputError } from '@srwan/interface'
import { digestOfCid } from '../entry/entry-cid.ts'
import type { QueryResult, QuerySource } from './execute-query.ts'

/** Marks that are compared in the time of one visit of the index. */
const MARKS_PER_VISIT = 300

/** An answer of one entry, or of none. */
export async function entryOfCid({ reader, open }: QuerySource, cid: string): Promise<QueryResult> {
  const digest = digestOfCid(cid)
  if (digest === undefined) throw new InvalidInputError({ source: 'query', field: 'cid' }, 'is no CID of an entry')
  const { found, scanned } = await reader.find(digest)
  const nothing = { at: reader.epoch(), places: [], entries: [], visited: Math.ceil(scanned / MARKS_PER_VISIT), read: 1 }
  if (found === undefined) return nothing
  const { author, incarnation, entry } = open(found)
  const { kind, key, scope, epoch, seq } = entry
  return { ...nothing, places: [{ author, incarnation, kind, key, scope, epoch, seq }], entries: [found] }
}
