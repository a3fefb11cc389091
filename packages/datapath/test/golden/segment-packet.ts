import { aead } from './key-derivation.ts'
import type { SuiteNumber } from './key-derivation.ts'
import { fromHex, uint } from './octets.ts'
import { sipHash24 } from './sip-hash.ts'

/** One case of segment-packets.json. */
export interface SegmentPacketCase {
  readonly name: string
  readonly suite: SuiteNumber
  readonly direction: number
  readonly keyEpoch: number
  readonly color: number
  readonly session: number
  readonly pathId: number
  readonly queue: number
  readonly counter: string
  readonly segments: readonly { readonly sid: string; readonly behaviour: number; readonly argument: number; readonly hopRoot: string; readonly hopKey: string }[]
  readonly dataKey: string
  readonly plaintext: string
  readonly packet: string
  readonly hops: readonly { readonly received: string; readonly successor: string; readonly advanced: string }[]
}

const HEADER = 16
const SEGMENT = 16
const TAG = 16

/** Header without segmentsLeft. */
const invariant = (packet: Buffer): Buffer => Buffer.concat([packet.subarray(0, 1), packet.subarray(2, HEADER)])
const segmentAt = (packet: Buffer, index: number): Buffer => packet.subarray(HEADER + index * SEGMENT, HEADER + (index + 1) * SEGMENT)
const countOf = (packet: Buffer): number => (packet[2] ?? 0) >> 4

/** The 16 octets of x_i; `index` from 0, `previous` = p of the hop before. */
function proofOf(packet: Buffer, index: number, previous: Uint8Array, key: Uint8Array): Buffer {
  const next = index + 1 < countOf(packet) ? segmentAt(packet, index + 1).subarray(0, 8) : Buffer.alloc(8)
  const input = Buffer.concat([invariant(packet), uint(index + 1, 1), segmentAt(packet, index).subarray(0, 10), next, previous, uint(packet.length, 2)])
  if (input.length !== 42) throw new Error('the input of a hop proof is 42 octets')
  return sipHash24(key, input)
}

/** What a hop does: verify, write p over its proof, decrement. Changes `packet`. @throws Error where the proof is wrong */
export function passHop(packet: Buffer, key: Uint8Array): Buffer {
  const left = packet[1] ?? 0
  const index = countOf(packet) - 1 - left
  const previous = index === 0 ? Buffer.alloc(6) : segmentAt(packet, index - 1).subarray(10)
  const x = proofOf(packet, index, previous, key)
  if (!x.subarray(0, 6).equals(segmentAt(packet, index).subarray(10))) throw new Error('wrong hop proof')
  x.copy(segmentAt(packet, index), 10, 6, 12)
  packet[1] = Math.max(left - 1, 0)
  return x.subarray(6, 12)
}

/** The end of the path, after `passHop`. */
export function openAtEnd(packet: Buffer, key: Uint8Array, suite: SuiteNumber): Buffer {
  const segments = packet.subarray(HEADER, HEADER + countOf(packet) * SEGMENT)
  return aead(suite).open(key, packet.subarray(8, HEADER), Buffer.concat([invariant(packet), segments]), packet.subarray(HEADER + segments.length))
}

/** Builds the packet as the headend sends it. */
export function sealAtHeadend(one: SegmentPacketCase): Buffer {
  const count = one.segments.length
  const plaintext = fromHex(one.plaintext)
  const packet = Buffer.alloc(HEADER + count * SEGMENT + plaintext.length + TAG)
  Buffer.concat([
    uint(0x21 + one.direction, 1),
    uint(count - 1, 1),
    uint((count << 4) | (one.keyEpoch & 15), 1),
    uint(one.color, 1),
    uint(one.session, 4),
    uint(one.pathId, 1),
    uint(one.queue, 1),
    uint(one.counter, 6),
    ...one.segments.map(({ sid, behaviour, argument }) => Buffer.concat([fromHex(sid), uint((behaviour << 10) | argument, 2), Buffer.alloc(6)]))
  ]).copy(packet)
  let previous: Buffer = Buffer.alloc(6)
  const proofs = one.segments.map(({ hopKey }, index) => {
    const x = proofOf(packet, index, previous, fromHex(hopKey))
    previous = x.subarray(6, 12)
    previous.copy(segmentAt(packet, index), 10)
    return x.subarray(0, 6)
  })
  const segments = packet.subarray(HEADER, HEADER + count * SEGMENT)
  aead(one.suite)
    .seal(fromHex(one.dataKey), packet.subarray(8, HEADER), Buffer.concat([invariant(packet), segments]), plaintext)
    .copy(packet, HEADER + segments.length)
  for (const [index, proof] of proofs.entries()) proof.copy(segmentAt(packet, index), 10)
  return packet
}
