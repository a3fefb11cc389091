import { hash } from 'node:crypto'
import { signedOctets } from '@srwan/wire'
import { ARRAY, CanonicalReader, NotCanonical } from './canonical-cbor.ts'
import { CHECKPOINT_KIND, ENTRY_HEAD, ENTRY_VERSION, EPOCH_LIMIT, HASH_LENGTH, MAX_ENCODED_ENTRY, MAX_INCARNATION, MAX_KEY, MAX_KIND, MAX_SEQ, RETENTION_EPOCHS, SCOPES } from './bounds.ts'
import type { LogScope } from '@srwan/interface'

/** The head of an entry as a replica needs it: everything but the decoded body. Arrays are views of `encoded`. */
export interface ParsedEntry {
  readonly encoded: Uint8Array
  /** Raw Ed25519 key, 32 octets. */
  readonly authorKey: Uint8Array
  readonly incarnation: number
  readonly signature: Uint8Array
  /** Canonical dag-cbor. */
  readonly bytes: Uint8Array
  readonly scope: LogScope
  readonly epoch: number
  readonly seq: number
  readonly prev: Uint8Array | undefined
  readonly kind: string
  readonly key: string
  readonly ttl: number
  /** A body of null takes back. */
  readonly takesBack: boolean
}

/** dag-cbor of null: the whole body of an entry that takes back. */
const NULL_BODY = 0xf6

/** @returns `undefined` for what is no encoded entry: too long, not canonical, out of bounds */
export function parseEntry(encoded: Uint8Array): ParsedEntry | undefined {
  if (encoded.length <= ENTRY_HEAD || encoded.length > MAX_ENCODED_ENTRY) return undefined
  const incarnation = encoded[HASH_LENGTH]!
  if (incarnation > MAX_INCARNATION) return undefined
  const bytes = encoded.subarray(ENTRY_HEAD)
  try {
    const head = readHead(bytes)
    return { encoded, authorKey: encoded.subarray(0, HASH_LENGTH), incarnation, signature: encoded.subarray(HASH_LENGTH + 1, ENTRY_HEAD), bytes, ...head }
  } catch (error) {
    if (error instanceof NotCanonical) return undefined
    throw error
  }
}

function readHead(bytes: Uint8Array): Omit<ParsedEntry, 'encoded' | 'authorKey' | 'incarnation' | 'signature' | 'bytes'> {
  const reader = new CanonicalReader(bytes)
  if (reader.head() !== ARRAY || reader.argument !== 9 || reader.unsigned(0xffff) !== ENTRY_VERSION) throw new NotCanonical('not an entry of this version')
  const scope = SCOPES[reader.unsigned(SCOPES.length - 1)]!
  const epoch = reader.unsigned(EPOCH_LIMIT - 1)
  const seq = reader.unsigned(MAX_SEQ)
  const prev = reader.octetsOrNull(HASH_LENGTH)
  const kind = reader.text(MAX_KIND)
  const key = reader.text(MAX_KEY)
  const ttl = reader.unsigned(RETENTION_EPOCHS)
  const bodyAt = reader.position
  reader.skip()
  if (!reader.done) throw new NotCanonical('octets after the entry')
  if (kind === '' || ttl === 0 || (seq === 0) !== (prev === undefined)) throw new NotCanonical('out of bounds')
  if ((seq === 0) !== (kind === CHECKPOINT_KIND) || (seq === 0 && key !== '')) throw new NotCanonical('a log begins with its checkpoint')
  return { scope, epoch, seq, prev, kind, key, ttl, takesBack: bytes[bodyAt] === NULL_BODY }
}

/**
 * What the author signs.
 *
 * @param author - raw key
 */
export function signedOctetsOf(network: string, author: Uint8Array, incarnation: number, bytes: Uint8Array): Uint8Array {
  const payload = new Uint8Array(HASH_LENGTH + 1 + bytes.length)
  payload.set(author, 0)
  payload[HASH_LENGTH] = incarnation
  payload.set(bytes, HASH_LENGTH + 1)
  return signedOctets('srwan-entry', network, payload)
}

/** SHA-256 in one call. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}
