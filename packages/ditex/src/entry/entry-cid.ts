import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { HASH_LENGTH } from './bounds.ts'
import { sha256 } from './parsed-entry.ts'

/** Codes of the multiformats table: dag-cbor and SHA-256. */
const DAG_CBOR = 0x71
const SHA_256 = 0x12

/** CIDv1 of the bytes, for people and for other tools. */
export function cidOf(bytes: Uint8Array): string {
  return cidOfDigest(sha256(bytes))
}

/** @param digest - SHA-256 of the bytes */
export function cidOfDigest(digest: Uint8Array): string {
  return CID.createV1(DAG_CBOR, Digest.create(SHA_256, digest)).toString()
}

/** @returns `undefined` for what is no CID of dag-cbor by SHA-256 */
export function digestOfCid(text: string): Uint8Array | undefined {
  try {
    const { code, multihash } = CID.parse(text)
    return code === DAG_CBOR && multihash.code === SHA_256 && multihash.digest.length === HASH_LENGTH ? multihash.digest : undefined
  } catch {
    return undefined
  }
}
