import { verifyWith } from '@srwan/wire'
import { cidOf } from '../entry/entry-cid.ts'
import { decodeEntry, encodeEntry } from '../entry/entry-codec.ts'
import { verifyEntry } from '../entry/entry-signing.ts'
import { headDigest } from '../log/head-digest.ts'
import { decodeAnchor, verifyAnchor } from '../trie/anchor-codec.ts'
import { leafValue, sidOctets } from '../trie/leaf-value.ts'
import { decodeTrieProof, verifyInclusion } from '../trie/proof.ts'
import type { Sid } from '@srwan/interface'
import type { VerifyCodec } from './verify-codec.ts'

/** Entries, tries and anchors of this package, as answers are made and checked with them; functions of their arguments. */
export const queryCodec: VerifyCodec = {
  decode: (network, encoded) => decodeEntry(encoded, network),
  encode: encodeEntry,
  cidOf,
  sidOf: (author) => Buffer.from(sidOctets(author)).toString('hex') as Sid,
  isSigned: (network, entry) => verifyEntry(entry, network),
  anchorOf: decodeAnchor,
  isAnchorSigned: (network, organisation, encoded) => verifyAnchor(decodeAnchor(encoded), { network, organisation, verify: verifyWith }),
  headDigest,
  leafValue: (author, [global = NONE, group = NONE, evidence = NONE]) => leafValue(author, { global, group, evidence }),
  isIncluded: (root, leaf, path) => verifyInclusion(root, leaf, decodeTrieProof(path))
}

const NONE = new Uint8Array(0)
