import type { AnswerCodec } from './document.ts'
import type { LogHead, PeerIdText, SignedEntry } from '@srwan/interface'

/** What a verifier needs besides the document: functions of their arguments, no store and no network. */
export interface VerifyCodec extends AnswerCodec {
  /** The encoded form of an entry. @throws MalformedMessageError */
  readonly encode: (parts: Pick<SignedEntry, 'author' | 'incarnation' | 'signature' | 'bytes'>) => Uint8Array
  readonly isSigned: (network: string, entry: SignedEntry) => boolean
  readonly headDigest: (head: LogHead) => Uint8Array
  /** Value of an author's leaf from the head digests of its logs by scope. */
  readonly leafValue: (author: PeerIdText, digests: readonly Uint8Array[]) => Uint8Array
  /** @param path - as `encodeTrieProof` writes it */
  readonly isIncluded: (root: Uint8Array, leaf: { readonly position: Uint8Array; readonly value: Uint8Array }, path: Uint8Array) => boolean
  /** Is the anchor signed by that key, for that network? */
  readonly isAnchorSigned: (network: string, organisation: Uint8Array, encoded: Uint8Array) => boolean
}

/** Octets out of text. */
export const fromBase64url = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'))

/** `undefined` where the octets are not what they should be: that is a finding, no failure. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
