import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { MAX_COLUMN_PART, ppm, ratio, sid, us } from '@srwan/interface'
import {
  decodeColumnPart,
  decodeColumnRequest,
  decodeFullColumn,
  decodePulse,
  encodeColumnPart,
  encodeColumnRequest,
  encodeFullColumn,
  encodePulse,
  sealPulse,
  signedOctets
} from '../src/index.ts'
import type { ColumnPart, FullColumn, Pulse } from '../src/index.ts'

type Nullable<T> = T | null
interface CellVector {
  delayUs: Nullable<number>
  ratePpm: number
  loss254: Nullable<number>
  ipdvUs: Nullable<number>
  senderEpoch: number
  age: number
}
interface Vectors {
  columns: { name: string; number: number; fingerprint: number; clockEpoch: number; base: number; cells: CellVector[]; hex: string }[]
  parts: {
    name: string
    number: number
    fingerprint: number
    base: number
    absolute: { index: number; delayUs: Nullable<number>; senderEpoch: number }[]
    deltas: { index: number; delta: Nullable<number> }[]
    hex: string
  }[]
  requests: { name: string; held: number; fingerprint: number; hex: string }[]
  pulses: {
    name: string
    sender: string
    descriptorNumber: number
    counter: number
    fingerprint: number
    clockEpoch: number
    columnNumber: number
    root: string
    badNews: boolean
    bodyKind: Pulse['body']['kind']
    body: string
    unsignedHex: string
    signingInputHex: string
  }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../spec/vectors/columns.json', import.meta.url), 'utf8')) as Vectors
const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const toHex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const optional = <T>(value: Nullable<number>, make: (value: number) => T): T | undefined => (value === null ? undefined : make(value))

describe('golden vectors of columns and pulses', () => {
  for (const { name, cells, hex, ...head } of vectors.columns) {
    it(`column: ${name}`, () => {
      const column: FullColumn = {
        ...head,
        cells: cells.map((cell) => ({
          delay: optional(cell.delayUs, us),
          rate: ppm(cell.ratePpm),
          loss: optional(cell.loss254, (steps) => ratio(steps / 254)),
          ipdv: optional(cell.ipdvUs, us),
          senderEpoch: cell.senderEpoch,
          age: cell.age
        }))
      }
      expect(toHex(encodeFullColumn(column))).to.equal(hex)
      expect(decodeFullColumn(octets(hex))).to.deep.equal(column)
    })
  }

  for (const { name, hex, number, fingerprint, base, ...lists } of vectors.parts) {
    it(`part: ${name}`, () => {
      const part: ColumnPart = {
        number,
        fingerprint,
        base,
        absolute: lists.absolute.map(({ index, delayUs, senderEpoch }) => ({ index, delay: optional(delayUs, us), senderEpoch })),
        deltas: lists.deltas.map(({ index, delta }) => ({ index, delta: delta ?? undefined }))
      }
      expect(toHex(encodeColumnPart(part))).to.equal(hex)
      expect(decodeColumnPart(octets(hex))).to.deep.equal(part)
      expect(decodeColumnPart(octets(hex.padEnd(2 * MAX_COLUMN_PART, '0'))), 'padded').to.deep.equal(part)
    })
  }

  for (const { name, hex, ...request } of vectors.requests) {
    it(`request: ${name}`, () => {
      expect(toHex(encodeColumnRequest(request))).to.equal(hex)
      expect(decodeColumnRequest(octets(hex))).to.deep.equal(request)
    })
  }

  for (const { name, unsignedHex, signingInputHex, bodyKind, body, sender, root, ...head } of vectors.pulses) {
    it(`pulse: ${name}`, () => {
      const pulse: Pulse = { ...head, sender: sid(sender), root: octets(root), body: { kind: bodyKind, data: octets(body) } }
      const unsigned = encodePulse(pulse)
      expect(toHex(unsigned)).to.equal(unsignedHex)
      expect(toHex(signedOctets('srwan-pulse', 'acme-wan', unsigned))).to.equal(signingInputHex)
      const signature = new Uint8Array(64).fill(9)
      expect(decodePulse(sealPulse(unsigned, signature))).to.deep.equal({ pulse, unsigned, signature })
    })
  }
})
