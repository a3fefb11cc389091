import { HASH_LENGTH, SCOPES, scopeNumber } from '../entry/bounds.ts'
import type { LogPlaceKey, RecordPlace } from './entry-store.ts'

/** First octet of keys: what belongs to an epoch, and what is the node's own. */
const EPOCH_CLASS = 0x65
const OWN_CLASS = 0x6f
/** Sixth octet of keys of an epoch: fork proofs come before entries, so that reading in order knows them. */
const FORK_CLASS = 0x10
const ENTRY_CLASS = 0x20
const NOTE_CLASS = 0x30
/** Octets before the author: class, epoch, class and scope. */
const HEAD = 6

/** What a key of an epoch names. */
export type EpochKey =
  | { readonly type: 'entry'; readonly place: RecordPlace }
  | { readonly type: 'fork'; readonly place: LogPlaceKey; readonly incarnation: number }
  | { readonly type: 'note' }

function headKey(epoch: number, tag: number, tail: number): Buffer {
  const key = Buffer.alloc(HEAD + tail)
  key[0] = EPOCH_CLASS
  key.writeUInt32BE(epoch, 1)
  key[5] = tag
  return key
}

/** `65 ‖ epoch 32 ‖ 20 + scope ‖ author 256 ‖ seq 8`: sorts as epoch, scope, author, seq. */
export function entryKey(place: RecordPlace): Buffer {
  const key = headKey(place.epoch, ENTRY_CLASS + scopeNumber(place.scope), HASH_LENGTH + 1)
  key.set(place.author, HEAD)
  key[HEAD + HASH_LENGTH] = place.seq
  return key
}

/** `65 ‖ epoch 32 ‖ 10 + scope ‖ author 256 ‖ incarnation 8`. */
export function forkKey(place: LogPlaceKey, incarnation: number): Buffer {
  const key = headKey(place.epoch, FORK_CLASS + scopeNumber(place.scope), HASH_LENGTH + 1)
  key.set(place.author, HEAD)
  key[HEAD + HASH_LENGTH] = incarnation
  return key
}

/** `65 ‖ epoch 32 ‖ 30 ‖ name`. */
export function noteKey(epoch: number, name: string): Buffer {
  return Buffer.concat([headKey(epoch, NOTE_CLASS, 0), Buffer.from(name, 'utf8')])
}

/** `6f ‖ name`. */
export function ownKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(OWN_CLASS), Buffer.from(name, 'utf8')])
}

/** First key of an epoch: everything before it, from {@link FIRST_EPOCH_KEY} on, is of earlier epochs. */
export function epochKey(epoch: number): Buffer {
  return headKey(epoch, 0, 0).subarray(0, 5)
}

export const FIRST_EPOCH_KEY: Uint8Array = Buffer.of(EPOCH_CLASS)
export const LAST_EPOCH_KEY: Uint8Array = Buffer.of(EPOCH_CLASS + 1)

/** @returns `undefined` for a key that nothing here wrote */
export function parseEpochKey(key: Uint8Array): EpochKey | undefined {
  if (key.length < HEAD || key[0] !== EPOCH_CLASS) return undefined
  const tag = key[5]!
  if (tag === NOTE_CLASS) return { type: 'note' }
  const scope = SCOPES[tag & 0x0f]
  if (scope === undefined || key.length !== HEAD + HASH_LENGTH + 1) return undefined
  const epoch = key[1]! * 0x100_0000 + ((key[2]! << 16) | (key[3]! << 8) | key[4]!)
  const author = new Uint8Array(key.buffer, key.byteOffset + HEAD, HASH_LENGTH)
  const last = key[HEAD + HASH_LENGTH]!
  if ((tag & 0xf0) === ENTRY_CLASS) return { type: 'entry', place: { epoch, scope, author, seq: last } }
  return (tag & 0xf0) === FORK_CLASS ? { type: 'fork', place: { epoch, scope, author }, incarnation: last } : undefined
}
