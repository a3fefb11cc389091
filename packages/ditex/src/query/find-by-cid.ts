import { createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { InvalidInputError } from '@srwan/interface'
import type { EntryPlace, ViewReader } from './view-reader.ts'
import type { LogPlace } from '@srwan/interface'

/** Octets before the signed bytes of an encoded entry: author, incarnation, signature. */
const HEAD = 97
/** Most entries that are looked at for one CID, the newest epochs first. */
export const MAX_CID_VISITS = 200_000
/** Entries read at a time; others get their turn in between. */
const BATCH = 256
const SHA_256 = 0x12

/** An entry and where it is. */
export interface FoundEntry {
  readonly place: EntryPlace
  readonly encoded: Uint8Array
}

/**
 * Looks for the entry of a CID, live ones first and then what is held, newest epoch first; there is no index of CIDs, so this reads.
 *
 * @throws InvalidInputError where the text is no CID of SHA-256
 */
export async function findByCid(reader: ViewReader, cid: string, signal: AbortSignal): Promise<FoundEntry | undefined> {
  const digest = digestOf(cid)
  const epoch = reader.epoch()
  let visited = 0
  for (let at = epoch + 1; at > epoch - 193 && at >= 0; at--) {
    for (const log of reader.logs({ since: at, until: at })) {
      for (let seq = 0; ; seq += BATCH) {
        signal.throwIfAborted()
        const batch = await reader.log(log, seq, BATCH)
        visited += batch.length + 1
        const index = batch.findIndex((encoded) => createHash('sha256').update(encoded.subarray(HEAD)).digest().equals(digest))
        const encoded = batch[index]
        if (encoded !== undefined) return { encoded, place: placeOf(log, encoded, seq + index) }
        if (batch.length < BATCH) break
      }
      if (visited > MAX_CID_VISITS) return undefined
    }
  }
  return undefined
}

/** Kind and key are no part of where it is. */
const placeOf = ({ author, scope, epoch }: LogPlace, encoded: Uint8Array, seq: number): EntryPlace => ({
  author,
  scope,
  epoch,
  seq,
  incarnation: encoded[32] ?? 0,
  kind: '',
  key: ''
})

function digestOf(text: string): Buffer {
  try {
    if (text.length > 128) throw new Error('too long')
    const { multihash } = CID.parse(text)
    if (multihash.code === SHA_256) return Buffer.from(multihash.digest)
  } catch {
    /* said below */
  }
  throw new InvalidInputError({ source: 'CID' }, 'is no CID of an entry', { remedy: '`srwan ditex query --json` shows the CID of each entry.' })
}
