import { MalformedMessageError, peerIdText } from '@srwan/interface'
import { RecentCache } from '@srwan/wire'
import { base58btc } from 'multiformats/bases/base58'
import type { PeerIdText } from '@srwan/interface'

/** libp2p's identity multihash of an Ed25519 key in protobuf; see packages/spec/protocol/identity.md. */
const HEAD = Buffer.from('002408011220', 'hex')
const KEY_LENGTH = 32
/** Names kept on either side: the members of the largest network that one replica follows at a time. */
const MAX_CACHED_NAMES = 32_768

const names = new RecentCache<string, PeerIdText>(MAX_CACHED_NAMES)
const keys = new RecentCache<PeerIdText, Uint8Array>(MAX_CACHED_NAMES)

/** @param key - raw Ed25519 key, 32 octets @returns its peer id */
export function authorOfKey(key: Uint8Array): PeerIdText {
  const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
  // `z` is multibase's mark of base58btc, which peer ids do without.
  return names.get(text, (latin1) => peerIdText(base58btc.encode(Buffer.concat([HEAD, Buffer.from(latin1, 'latin1')])).slice(1)))
}

/** @returns raw Ed25519 key, 32 octets @throws MalformedMessageError where the text is no peer id of such a key */
export function keyOfAuthor(author: PeerIdText): Uint8Array {
  return keys.get(author, decode)
}

function decode(author: PeerIdText): Uint8Array {
  // Base58 takes quadratic time, and 52 characters are what such a peer id has.
  if (author.length > 64) throw new MalformedMessageError('not the peer id of an Ed25519 key')
  let octets: Uint8Array
  try {
    octets = base58btc.decode(`z${author}`)
  } catch (cause) {
    throw new MalformedMessageError('not a peer id', { cause })
  }
  if (octets.length !== HEAD.length + KEY_LENGTH || Buffer.compare(octets.subarray(0, HEAD.length), HEAD) !== 0)
    throw new MalformedMessageError('not the peer id of an Ed25519 key')
  return octets.slice(HEAD.length)
}
