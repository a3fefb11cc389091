import { createHash } from 'node:crypto'
import { MalformedMessageError, peerIdText } from '@srwan/interface'
import { MAX_DEPTH, MAX_ROUTERS, POSITION_LENGTH } from './constants.ts'
import { byPeerId } from './group-state.ts'
import { positionKey, refreshSlot } from './position.ts'
import { ByteReader, ByteWriter } from './octets.ts'
import type { DepartedRouter, GroupState, GuestRouter, PlacedRouter } from './group-state.ts'
import type { PeerIdText } from '@srwan/interface'

const VERSION = 1
/** Inner nodes of the trie: no more than routers, each group's parent counted once; small groups may leave empty ones. */
const MAX_SPLITS = 4 * MAX_ROUTERS
const MAX_PEER_ID = 64

function writePlaced(writer: ByteWriter, { peerId, position, placedAt }: PlacedRouter): void {
  writer.text(peerId).octets(position).uint32(placedAt)
}

function readPlaced(reader: ByteReader): PlacedRouter {
  const peerId = readPeerId(reader)
  const position = reader.octets(POSITION_LENGTH)
  return { peerId, position, placedAt: reader.uint32(), key: positionKey(position), slot: refreshSlot(peerId) }
}

function readPeerId(reader: ByteReader): PeerIdText {
  const text = reader.text(MAX_PEER_ID)
  if (!/^[1-9A-HJ-NP-Za-km-z]+$/.test(text)) throw new MalformedMessageError('a peer id of the group state is not base58')
  return peerIdText(text)
}

function readList<T>(reader: ByteReader, most: number, read: () => T): T[] {
  const count = reader.uint32()
  if (count > most) throw new MalformedMessageError(`the group state has ${count} of what may be ${most}`)
  // Grows as it reads: a length that lies allocates nothing.
  const list: T[] = []
  for (let i = 0; i < count; i++) list.push(read())
  return list
}

/**
 * The one encoding of a state, numbers in network order: `version 8 ‖ groupSize 16 ‖ epoch 32 ‖ splits ‖ routers ‖ guests ‖ departed`, each list after its length (32), sorted;
 * a split is 32 bits, a router `peer id (length 8) ‖ position 256 ‖ placedAt 32`, a guest `peer id ‖ host 32`, a departed one a router ‖ leftAt 32.
 */
export function encodeGroupState(state: GroupState): Uint8Array {
  const writer = new ByteWriter()
  writer.uint8(VERSION).uint16(state.groupSize).uint32(state.epoch)
  writer.uint32(state.splits.size)
  for (const split of [...state.splits].sort((a, b) => a - b)) writer.uint32(split)
  writer.uint32(state.routers.length)
  for (const router of state.routers) writePlaced(writer, router)
  writer.uint32(state.guests.length)
  for (const { peerId, host } of state.guests) writer.text(peerId).uint32(host)
  writer.uint32(state.departed.length)
  for (const router of state.departed) {
    writePlaced(writer, router)
    writer.uint32(router.leftAt)
  }
  return writer.finish()
}

/** @throws MalformedMessageError for anything that is not the encoding of a state */
export function decodeGroupState(bytes: Uint8Array): GroupState {
  const reader = new ByteReader(bytes)
  if (reader.uint8() !== VERSION) throw new MalformedMessageError('the group state has another version')
  const groupSize = reader.uint16()
  const epoch = reader.uint32()
  const splits = readList(reader, MAX_SPLITS, () => reader.uint32())
  const routers = readList(reader, MAX_ROUTERS, () => readPlaced(reader))
  const guests = readList(reader, MAX_ROUTERS, (): GuestRouter => ({ peerId: readPeerId(reader), host: reader.uint32() }))
  const departed = readList(reader, MAX_ROUTERS, (): DepartedRouter => ({ ...readPlaced(reader), leftAt: reader.uint32() }))
  reader.end()
  checkSplits(splits)
  for (const list of [routers, guests, departed]) checkOrder(list)
  if (groupSize < 2) throw new MalformedMessageError('the group state has groups of less than two')
  return { epoch, groupSize, splits: new Set(splits), routers, guests, departed }
}

function checkSplits(splits: readonly number[]): void {
  const known = new Set<number>()
  let before = 0
  for (const split of splits) {
    const fits = split > before && split < 2 ** MAX_DEPTH && (split === 1 || known.has(split >>> 1))
    if (!fits) throw new MalformedMessageError('the splits of the group state are no tree')
    known.add(split)
    before = split
  }
}

function checkOrder(list: readonly { readonly peerId: PeerIdText }[]): void {
  for (let i = 1; i < list.length; i++) {
    const [a, b] = [list[i - 1], list[i]]
    if (a !== undefined && b !== undefined && byPeerId(a, b) >= 0) throw new MalformedMessageError('the group state is not sorted')
  }
}

/** What is anchored of a state: SHA-256(`"srwan-groups" ‖ 0 ‖ encoding`). */
export function hashGroupState(state: GroupState): Uint8Array {
  return hashOfEncoding(encodeGroupState(state))
}

/** As `hashGroupState`, of the encoding. */
export function hashOfEncoding(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update('srwan-groups\0').update(bytes).digest())
}

/** Where the hash of the state stands in the trie of its epoch: a leaf besides the authors', at SHA-256(`"srwan-groups"`). */
export const GROUP_STATE_POSITION: Uint8Array = new Uint8Array(createHash('sha256').update('srwan-groups').digest())
