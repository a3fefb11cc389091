import { verifyWith } from '@srwan/wire'
import { keyOfAuthor } from './author-name.ts'
import { MAX_INCARNATION } from './bounds.ts'
import { MalformedMessageError } from '@srwan/interface'
import { encodeEntry, entryBytes } from './entry-codec.ts'
import { sha256, signedOctetsOf } from './parsed-entry.ts'
import type { LogEntry, SignedEntry, Signer } from '@srwan/interface'
import type { VerifyByKey } from '../replica/replica.ts'

/** An entry and its encoding. */
export interface SealedEntry {
  readonly signed: SignedEntry
  readonly encoded: Uint8Array
}

/**
 * Encodes and signs an entry.
 *
 * @throws MalformedMessageError where it is out of bounds
 */
export async function signEntry(signer: Pick<Signer, 'peerId' | 'sign'>, network: string, incarnation: number, entry: LogEntry): Promise<SealedEntry> {
  if (!Number.isInteger(incarnation) || incarnation < 0 || incarnation > MAX_INCARNATION) throw new MalformedMessageError('incarnation out of bounds')
  const bytes = entryBytes(entry)
  const octets = signedOctetsOf(network, keyOfAuthor(signer.peerId), incarnation, bytes)
  const signed: SignedEntry = { author: signer.peerId, incarnation, entry, bytes, signature: await signer.sign(octets), hash: sha256(octets) }
  return { signed, encoded: encodeEntry(signed) }
}

/** Whether the author signed exactly these bytes in this network. Form and bounds are the decoder's. */
export function verifyEntry(signed: Pick<SignedEntry, 'author' | 'incarnation' | 'bytes' | 'signature'>, network: string, verify: VerifyByKey = verifyWith): boolean {
  const key = keyOfAuthor(signed.author)
  return verify(key, signedOctetsOf(network, key, signed.incarnation, signed.bytes), signed.signature)
}
