import { createHash } from 'node:crypto'
import { POSITION_EPOCHS } from './constants.ts'
import type { PeerIdText } from '@srwan/interface'

/** Where a beacon puts a router: SHA-256(`"srwan-position" ‖ beacon ‖ peer id`). The router chose its key before anyone knew the beacon. */
export function drawPosition(beacon: Uint8Array, peerId: PeerIdText): Uint8Array {
  return new Uint8Array(createHash('sha256').update('srwan-position').update(beacon).update(peerId).digest())
}

/** Stands for a beacon while a network has none: SHA-256(`"srwan-genesis" ‖ network id`). Everybody can compute it in advance, so it serves private networks only. */
export function genesisBeacon(networkId: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update('srwan-genesis').update(networkId).digest())
}

/** The epochs e at which a router gets a fresh position are those with e mod 168 = slot: 1/168 of the routers in each. */
export function refreshSlot(peerId: PeerIdText): number {
  return createHash('sha256').update('srwan-slot').update(peerId).digest().readUInt32BE(0) % POSITION_EPOCHS
}

/** First 52 bits of a position as a number: the order of positions, and as many bits as any leaf needs. */
export function positionKey(position: Uint8Array): number {
  const view = new DataView(position.buffer, position.byteOffset, position.byteLength)
  return view.getUint32(0) * 2 ** 20 + (view.getUint32(4) >>> 12)
}

/** Keys below this. */
export const KEY_SPAN = 2 ** 52
