import { createHash } from 'node:crypto'
import { decode, encode } from '@ipld/dag-cbor'
import { InvalidInputError, peerIdText } from '@srwan/interface'
import type { LogScope } from '@srwan/interface'
import type { DitexQuery } from './query.ts'
import type { EntryPlace } from './view-reader.ts'

const VERSION = 1
const FINGERPRINT = 8
const SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']

/** Where the next page begins. */
export interface Position {
  /** Epoch at which the first page was answered: all pages of one answer are of one epoch. */
  readonly at: number
  /** The last entry that was looked at. */
  readonly after: EntryPlace
}

/** A position as text without meaning to others; good for the same question only. */
export function encodeCursor(query: DitexQuery, { at, after }: Position): string {
  const { kind, key, author, epoch, incarnation, scope, seq } = after
  return Buffer.from(encode([VERSION, at, kind, key, author, epoch, incarnation, SCOPES.indexOf(scope), seq, fingerprint(query)])).toString('base64url')
}

/** @throws InvalidInputError where it is no cursor, or one of another question */
export function decodeCursor(query: DitexQuery, cursor: string): Position {
  const [version, at, kind, key, author, epoch, incarnation, scope, seq, print] = parts(cursor)
  const numbers = [at, epoch, incarnation, scope, seq].every((value) => Number.isInteger(value) && (value as number) >= 0)
  const texts = [kind, key, author].every((value) => typeof value === 'string')
  const named = SCOPES[scope as number]
  if (version !== VERSION || !numbers || !texts || named === undefined || !(print instanceof Uint8Array)) throw unusable('is not a cursor of an answer')
  if (!Buffer.from(print).equals(fingerprint(query))) throw unusable('belongs to another question')
  return {
    at: at as number,
    after: {
      kind: kind as string,
      key: key as string,
      author: peerIdText(author as string),
      epoch: epoch as number,
      incarnation: incarnation as number,
      scope: named,
      seq: seq as number
    }
  }
}

function parts(cursor: string): readonly unknown[] {
  try {
    const value: unknown = decode(Buffer.from(cursor, 'base64url'))
    if (Array.isArray(value)) return value
  } catch {
    /* said below */
  }
  throw unusable('is not a cursor of an answer')
}

/** Of everything that selects; the size of a page may change between pages. */
export function fingerprint(query: DitexQuery): Buffer {
  const { cursor: _cursor, limit: _limit, at: _at, ...selecting } = query
  return createHash('sha256').update(encode(selecting)).digest().subarray(0, FINGERPRINT)
}

const unusable = (message: string): InvalidInputError => new InvalidInputError({ source: 'query', field: 'cursor' }, message, { remedy: 'Ask again without a cursor.' })
