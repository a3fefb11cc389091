import { HASH_LENGTH } from '../entry/bounds.ts'
import { sha256 } from '../entry/parsed-entry.ts'
import type { LogHead } from '@srwan/interface'

const DOMAIN = new TextEncoder().encode('srwan-head')
const NOT_FORKED = 0xffff

/** What stands for the state of a log in tries and comparisons: 32 octets; zeros where there is no log. */
export function headDigest(head: Pick<LogHead, 'incarnation' | 'seq' | 'hash' | 'forkedAt'> | undefined): Uint8Array {
  if (head === undefined) return new Uint8Array(HASH_LENGTH)
  const octets = Buffer.alloc(DOMAIN.length + 1 + 2 + HASH_LENGTH + 2)
  octets.set(DOMAIN, 0)
  octets.writeUInt8(head.incarnation, DOMAIN.length)
  octets.writeUInt16BE(head.seq + 1, DOMAIN.length + 1)
  octets.set(head.hash, DOMAIN.length + 3)
  octets.writeUInt16BE(head.forkedAt ?? NOT_FORKED, DOMAIN.length + 3 + HASH_LENGTH)
  return sha256(octets)
}
