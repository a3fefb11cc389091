import { createHash } from 'node:crypto'
import { overlayAddress, peerIdText, sid } from '@srwan/interface'
import type { Member, PeerIdText, Random, Sid } from '@srwan/interface'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** A name of the form of a peer id; nothing here looks at the key behind it. */
export function fakePeerId(name: string | number): PeerIdText {
  const digest = createHash('sha512').update(`router ${name}`).digest()
  return peerIdText(`12D3KooW${[...digest.subarray(0, 44)].map((octet) => BASE58[octet % 58]).join('')}`)
}

export function fakePeerIds(count: number, prefix = ''): PeerIdText[] {
  return Array.from({ length: count }, (_, i) => fakePeerId(`${prefix}${i}`))
}

/** A beacon that nobody chose. */
export function beaconOf(epoch: number, seed = 0): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`beacon ${seed} ${epoch}`).digest())
}

/** The same list in another order. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const list = [...values]
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const a = list[i] as T
    list[i] = list[j] as T
    list[j] = a
  }
  return list
}

/** A SID as it might be; the real one follows from the key. */
export const sidOf = (peerId: PeerIdText): Sid => sid(createHash('sha256').update(peerId).digest('hex').slice(0, 16))

/** A member of whom only the name counts. */
export const member = (peerId: PeerIdText): Member => ({
  peerId,
  sid: sidOf(peerId),
  overlayAddress: overlayAddress('fd53:5257::1'),
  name: peerId,
  prefixes: [],
  descriptor: { peerId, number: 1, datapathKey: new Uint8Array(32), endpoints: [], multiaddrs: [], geo: {}, roles: [] }
})
