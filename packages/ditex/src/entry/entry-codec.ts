import { decode, encode } from '@ipld/dag-cbor'
import { MalformedMessageError } from '@srwan/interface'
import { authorOfKey, keyOfAuthor } from './author-name.ts'
import { ENTRY_HEAD, ENTRY_VERSION, HASH_LENGTH, MAX_ENCODED_ENTRY, scopeNumber } from './bounds.ts'
import { parseEntry, sha256, signedOctetsOf } from './parsed-entry.ts'
import type { LogEntry, PeerIdText, SignedEntry } from '@srwan/interface'
import type { ParsedEntry } from './parsed-entry.ts'

/**
 * Canonical dag-cbor of an entry, checked against every bound of packages/spec/protocol/ditex.md.
 *
 * @throws MalformedMessageError where something is out of bounds, or the body holds what dag-cbor cannot
 */
export function entryBytes(entry: LogEntry): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = encode([ENTRY_VERSION, scopeNumber(entry.scope), entry.epoch, entry.seq, entry.prev ?? null, entry.kind, entry.key, entry.ttl, entry.body])
  } catch (cause) {
    throw new MalformedMessageError('the body of an entry is not what dag-cbor can hold', { cause })
  }
  if (bytes.length + ENTRY_HEAD > MAX_ENCODED_ENTRY) throw new MalformedMessageError(`an entry of ${bytes.length + ENTRY_HEAD} octets; at most ${MAX_ENCODED_ENTRY}`)
  const draft = new Uint8Array(ENTRY_HEAD + bytes.length)
  draft.set(bytes, ENTRY_HEAD)
  if (parseEntry(draft) === undefined) throw new MalformedMessageError('an entry out of bounds: see packages/spec/protocol/ditex.md')
  return bytes
}

/** What is stored, sent and gossiped: author, incarnation, signature, bytes. */
export function encodeEntry(signed: Pick<SignedEntry, 'author' | 'incarnation' | 'signature' | 'bytes'>): Uint8Array {
  const encoded = new Uint8Array(ENTRY_HEAD + signed.bytes.length)
  encoded.set(keyOfAuthor(signed.author), 0)
  encoded[HASH_LENGTH] = signed.incarnation
  encoded.set(signed.signature, HASH_LENGTH + 1)
  encoded.set(signed.bytes, ENTRY_HEAD)
  return encoded
}

/**
 * Takes an encoded entry apart, checking form and bounds; not the signature: {@link verifyEntry} does that.
 *
 * @throws MalformedMessageError
 */
export function decodeEntry(encoded: Uint8Array, network: string): SignedEntry {
  const parsed = parseEntry(encoded)
  if (parsed === undefined) throw new MalformedMessageError('not an encoded entry')
  return signedEntryOf(parsed, network)
}

/** The whole entry. Its arrays are views of what was parsed. */
export function signedEntryOf(parsed: ParsedEntry, network: string): SignedEntry {
  const { bytes, incarnation, signature } = parsed
  const hash = sha256(signedOctetsOf(network, parsed.authorKey, incarnation, bytes))
  return { author: authorOfKey(parsed.authorKey), incarnation, bytes, signature, hash, entry: entryOf(parsed) }
}

/** What an entry says. The body is decoded when somebody looks at it, once: most who check and pass entries on never do. */
export function entryOf(parsed: ParsedEntry): LogEntry {
  const { scope, epoch, seq, prev, kind, key, ttl } = parsed
  let decoded: { readonly body: unknown } | undefined
  return {
    scope,
    epoch,
    seq,
    prev,
    kind,
    key,
    ttl,
    get body(): unknown {
      decoded ??= { body: decode(parsed.bodyBytes) }
      return decoded.body
    }
  }
}

/** SHA-256 of what is signed: names an entry, and the next one of its log names it as `prev`. */
export function hashOf(network: string, author: PeerIdText, incarnation: number, bytes: Uint8Array): Uint8Array {
  return sha256(signedOctetsOf(network, keyOfAuthor(author), incarnation, bytes))
}
