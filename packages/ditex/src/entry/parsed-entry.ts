import { hash } from 'node:crypto'
import { signedOctets } from '@srwan/wire'
import { ARRAY, CanonicalReader, NotCanonical } from './canonical-cbor.ts'
import {
  CHECKPOINT_KIND,
  ENTRY_HEAD,
  ENTRY_VERSION,
  EPOCH_LIMIT,
  HASH_LENGTH,
  MAX_ENCODED_ENTRY,
  MAX_INCARNATION,
  MAX_KEY,
  MAX_KIND,
  MAX_SEQ,
  RETENTION_EPOCHS,
  SCOPES
} from './bounds.ts'
import type { LogScope } from '@srwan/interface'

/** The head of an entry as a replica needs it: everything but the decoded body. */
export class ParsedEntry {
  readonly encoded: Uint8Array
  readonly scope: LogScope
  readonly epoch: number
  readonly seq: number
  readonly prev: Uint8Array | undefined
  readonly kind: string
  readonly key: string
  readonly ttl: number
  /** Where the body begins in what is encoded; it goes on to the end. */
  readonly bodyAt: number

  constructor(encoded: Uint8Array, head: EntryHead) {
    this.encoded = encoded
    this.scope = head.scope
    this.epoch = head.epoch
    this.seq = head.seq
    this.prev = head.prev
    this.kind = head.kind
    this.key = head.key
    this.ttl = head.ttl
    this.bodyAt = head.bodyAt
  }

  /** A body of null takes back. */
  get takesBack(): boolean {
    return this.encoded[this.bodyAt] === NULL_BODY
  }

  get incarnation(): number {
    return this.encoded[HASH_LENGTH]!
  }

  /** Raw Ed25519 key, 32 octets; a view, like the arrays below. */
  get authorKey(): Uint8Array {
    return view(this.encoded, 0, HASH_LENGTH)
  }

  get signature(): Uint8Array {
    return view(this.encoded, HASH_LENGTH + 1, ENTRY_HEAD)
  }

  /** The body, encoded. */
  get bodyBytes(): Uint8Array {
    return view(this.encoded, this.bodyAt, this.encoded.length)
  }

  /** Canonical dag-cbor. */
  get bytes(): Uint8Array {
    return view(this.encoded, ENTRY_HEAD, this.encoded.length)
  }
}

type EntryHead = Pick<ParsedEntry, 'scope' | 'epoch' | 'seq' | 'prev' | 'kind' | 'key' | 'ttl' | 'bodyAt'>

/** dag-cbor of null: the whole body of an entry that takes back. */
const NULL_BODY = 0xf6

/** @returns `undefined` for what is no encoded entry: too long, not canonical, out of bounds */
export function parseEntry(encoded: Uint8Array): ParsedEntry | undefined {
  return parse(encoded, false)
}

/** The same for octets of which the hash will show that they were parsed before: the body is not walked again. */
export function parseKnownEntry(encoded: Uint8Array): ParsedEntry | undefined {
  return parse(encoded, true)
}

function parse(encoded: Uint8Array, known: boolean): ParsedEntry | undefined {
  if (encoded.length <= ENTRY_HEAD || encoded.length > MAX_ENCODED_ENTRY || encoded[HASH_LENGTH]! > MAX_INCARNATION) return undefined
  try {
    return new ParsedEntry(encoded, readHead(encoded, known))
  } catch (error) {
    if (error instanceof NotCanonical) return undefined
    throw error
  }
}

function readHead(encoded: Uint8Array, known: boolean): EntryHead {
  const reader = new CanonicalReader(encoded, ENTRY_HEAD)
  if (reader.head() !== ARRAY || reader.argument !== 9 || reader.unsigned(0xffff) !== ENTRY_VERSION) throw new NotCanonical('not an entry of this version')
  const scope = SCOPES[reader.unsigned(SCOPES.length - 1)]!
  const epoch = reader.unsigned(EPOCH_LIMIT - 1)
  const seq = reader.unsigned(MAX_SEQ)
  const prev = reader.octetsOrNull(HASH_LENGTH)
  const kind = reader.text(MAX_KIND)
  const key = reader.text(MAX_KEY)
  const ttl = reader.unsigned(RETENTION_EPOCHS)
  const bodyAt = reader.position
  if (!known) {
    reader.skip()
    if (!reader.done) throw new NotCanonical('octets after the entry')
  }
  if (kind === '' || ttl === 0 || (seq === 0) !== (prev === undefined)) throw new NotCanonical('out of bounds')
  if ((seq === 0) !== (kind === CHECKPOINT_KIND) || (seq === 0 && key !== '')) throw new NotCanonical('a log begins with its checkpoint')
  return { scope, epoch, seq, prev, kind, key, ttl, bodyAt }
}

/** A view of octets; of a plain array type, which costs half of what a view by Buffer does. */
function view(octets: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset + from, to - from)
}

/** What comes before the payload in what is signed, of the network asked for last: a node has one. */
let domain: { readonly network: string; readonly head: Uint8Array } | undefined

function domainOf(network: string): Uint8Array {
  if (domain?.network !== network) domain = { network, head: signedOctets('srwan-entry', network, new Uint8Array(0)) }
  return domain.head
}

/**
 * What the author signs.
 *
 * @param author - raw key
 */
export function signedOctetsOf(network: string, author: Uint8Array, incarnation: number, bytes: Uint8Array): Uint8Array {
  const head = domainOf(network)
  const octets = new Uint8Array(head.length + HASH_LENGTH + 1 + bytes.length)
  octets.set(head, 0)
  octets.set(author, head.length)
  octets[head.length + HASH_LENGTH] = incarnation
  octets.set(bytes, head.length + HASH_LENGTH + 1)
  return octets
}

/** SHA-256 of what an encoded entry's author signed. */
export function hashOfEncoded(network: string, encoded: Uint8Array): Uint8Array {
  return sha256(signedOctetsOf(network, view(encoded, 0, HASH_LENGTH), encoded[HASH_LENGTH]!, view(encoded, ENTRY_HEAD, encoded.length)))
}

/** SHA-256 of the signed bytes of an encoded entry: what its CID names. Its first octets are its mark. */
export function digestOfEncoded(encoded: Uint8Array): Uint8Array {
  return sha256(view(encoded, ENTRY_HEAD, encoded.length))
}

/** SHA-256 in one call. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}
