import type { LogScope } from '@srwan/interface'

/** Version octet of the entry format. */
export const ENTRY_VERSION = 1
/** Scopes by their number in the encoding. */
export const SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']
/** Octets of SHA-256 and of a raw key. */
export const HASH_LENGTH = 32
/** What comes before the bytes of an encoded entry: author, incarnation, signature. */
export const ENTRY_HEAD = 32 + 1 + 64
/** Octets of a digest that are kept at hand for each entry, to find it by its CID: two of a million agree seldom, and the entry itself decides. */
export const MARK_LENGTH = 4
/** Largest encoded entry. */
export const MAX_ENCODED_ENTRY = 4096
/** Entries of one log: seq is one octet. */
export const MAX_SEQ = 255
/** Largest incarnation: what a key may lose in its life. */
export const MAX_INCARNATION = 15
/** Longest kind and key, in octets of UTF-8. */
export const MAX_KIND = 32
/** Longest key of an entry, octets of UTF-8. */
export const MAX_KEY = 128
/** Epochs that are kept, and so the longest life of an entry. */
export const RETENTION_EPOCHS = 192
/** Epochs number less than this. */
export const EPOCH_LIMIT = 2 ** 32
/** Nesting of a body: deep enough for any record, and no stack depends on what a peer sent. */
export const MAX_DEPTH = 16
/** Kind of the entry that begins each log. */
export const CHECKPOINT_KIND = 'checkpoint'

/** Number of a scope in encodings and keys. */
export function scopeNumber(scope: LogScope): number {
  return SCOPES.indexOf(scope)
}
