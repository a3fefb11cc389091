import { readFileSync } from 'node:fs'
import { decode, encode } from '@ipld/dag-cbor'
import { expect } from 'chai'
import fc from 'fast-check'
import { authorOfKey, cidOf, decodeEntry, encodeEntry, entryBytes, hashOf, keyOfAuthor, verifyEntry } from '../src/index.ts'
import { parseEntry, parseKnownEntry } from '../src/entry/parsed-entry.ts'
import { ENTRY_HEAD } from '../src/entry/bounds.ts'
import { bodyField, fieldsOfBody } from '../src/entry/body-field.ts'
import { fieldOf } from '../src/query/condition.ts'
import { CanonicalReader, NotCanonical } from '../src/entry/canonical-cbor.ts'
import { NETWORK, createSigner, writeLog } from './fixtures.ts'
import type { LogEntry } from '@srwan/interface'

const body = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true }
    )
  )
})).value

const entry: fc.Arbitrary<LogEntry> = fc
  .record({
    scope: fc.constantFrom('global', 'group', 'evidence'),
    epoch: fc.nat(2 ** 32 - 1),
    seq: fc.integer({ min: 1, max: 255 }),
    prev: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    kind: fc.string({ minLength: 1, maxLength: 8 }).filter((kind) => kind !== 'checkpoint'),
    key: fc.string({ unit: 'grapheme', maxLength: 12 }),
    ttl: fc.integer({ min: 1, max: 192 }),
    body
  })
  .filter(({ key }) => Buffer.byteLength(key) <= 128) as fc.Arbitrary<LogEntry>

/** What the library says: canonical is what it writes again octet for octet. */
function libraryAgrees(bytes: Uint8Array): boolean {
  try {
    return Buffer.compare(encode(decode(bytes)), bytes) === 0
  } catch {
    return false
  }
}

function walks(bytes: Uint8Array): boolean {
  try {
    const reader = new CanonicalReader(bytes)
    reader.skip()
    return reader.done
  } catch (error) {
    if (error instanceof NotCanonical) return false
    throw error
  }
}

/** Names that lead somewhere in a body, and now and then nowhere. */
function somePath(from: unknown, draw: fc.GeneratorValue): string[] {
  const path: string[] = []
  for (let at = from; typeof at === 'object' && at !== null && draw(fc.boolean); ) {
    const name: string = draw(fc.constantFrom<string[]>, ...Object.keys(at), 'length', '0', 'price', '__proto__')
    path.push(name)
    at = Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined
  }
  return path
}

describe('entry codec', () => {
  it('gives back every entry within bounds', () => {
    const signer = createSigner()
    fc.assert(
      fc.property(entry, fc.integer({ min: 0, max: 15 }), (written, incarnation) => {
        const bytes = entryBytes(written)
        const encoded = encodeEntry({ author: signer.peerId, incarnation, signature: new Uint8Array(64), bytes })
        const read = decodeEntry(encoded, NETWORK)
        expect(read.author).to.equal(signer.peerId)
        expect(read.incarnation).to.equal(incarnation)
        expect(Buffer.compare(entryBytes(read.entry), bytes)).to.equal(0)
        expect(read.entry).to.deep.include({ kind: written.kind, key: written.key, epoch: written.epoch, seq: written.seq })
      }),
      { numRuns: 300 }
    )
  })

  it('takes as canonical what dag-cbor writes again octet for octet, and nothing else', () => {
    const octets = fc.oneof(
      body.map((value) => encode(value)),
      fc.tuple(body, fc.nat(), fc.nat(255)).map(([value, at, octet]) => {
        const bytes = Uint8Array.from(encode(value))
        bytes[at % bytes.length] = octet
        return bytes
      }),
      fc.uint8Array({ minLength: 1, maxLength: 12 })
    )
    fc.assert(
      fc.property(octets, (bytes) => {
        expect(walks(bytes), Buffer.from(bytes).toString('hex')).to.equal(libraryAgrees(bytes))
      }),
      { numRuns: 3000 }
    )
  })

  it('refuses bodies nested deeper than its bound, whatever the stack', () => {
    expect(walks(new Uint8Array([...new Array<number>(16).fill(0x81), 0x80]))).to.equal(true)
    expect(walks(new Uint8Array([...new Array<number>(17).fill(0x81), 0x80]))).to.equal(false)
    expect(walks(new Uint8Array([...new Array<number>(3900).fill(0x81), 0x80]))).to.equal(false)
    expect(walks(Uint8Array.of(0xa1, 0x69, ...Buffer.from('__proto__'), 0x01))).to.equal(false)
  })

  it('never fails on octets of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4200 }), (octets) => {
        parseEntry(octets)
      }),
      { numRuns: 500 }
    )
  })

  it('refuses entries whose fields are out of bounds', async () => {
    const [checkpoint] = await writeLog(createSigner(), [])
    const fields = decode<unknown[]>(checkpoint!.signed.bytes)
    const variants: readonly (readonly [number, unknown])[] = [
      [0, 2],
      [1, 3],
      [2, 2 ** 32],
      [3, 256],
      [3, 1],
      [4, new Uint8Array(32)],
      [4, new Uint8Array(31)],
      [5, 'listing'],
      [6, 'x'],
      [7, 0],
      [7, 193]
    ]
    for (const [index, value] of variants) {
      const bytes = encode(fields.map((field, at) => (at === index ? value : field)))
      expect(parseEntry(Buffer.concat([checkpoint!.encoded.subarray(0, 97), bytes])), `${index} ${String(value)}`).to.equal(undefined)
    }
    const wrong = Uint8Array.from(checkpoint!.encoded)
    wrong[32] = 16
    expect(parseEntry(wrong)).to.equal(undefined)
  })

  it('verifies by author, incarnation, network and bytes, each of which counts', async () => {
    const [, { signed }] = (await writeLog(createSigner(), [{ body: { price: 5 } }])) as [unknown, { signed: Awaited<ReturnType<typeof writeLog>>[number]['signed'] }]
    expect(verifyEntry(signed, NETWORK)).to.equal(true)
    expect(verifyEntry(signed, 'another')).to.equal(false)
    expect(verifyEntry({ ...signed, incarnation: 1 }, NETWORK)).to.equal(false)
    expect(verifyEntry({ ...signed, author: createSigner().peerId }, NETWORK)).to.equal(false)
    expect(verifyEntry({ ...signed, bytes: signed.bytes.map((octet, at) => (at === signed.bytes.length - 1 ? octet ^ 1 : octet)) }, NETWORK)).to.equal(false)
  })

  it('agrees with the golden vectors', () => {
    const { network, entries } = JSON.parse(readFileSync(new URL('../../spec/vectors/ditex-entries.json', import.meta.url), 'utf8')) as {
      network: string
      entries: readonly { author: string; key: string; encoded: string; hash: string; cid: string; kind: string; seq: number; body: string }[]
    }
    expect(entries.length).to.be.at.least(4)
    for (const vector of entries) {
      const signed = decodeEntry(Buffer.from(vector.encoded, 'hex'), network)
      expect(signed.author).to.equal(vector.author)
      expect(Buffer.from(keyOfAuthor(signed.author)).toString('hex')).to.equal(vector.key)
      expect(authorOfKey(Buffer.from(vector.key, 'hex'))).to.equal(vector.author)
      expect(Buffer.from(signed.hash).toString('hex')).to.equal(vector.hash)
      expect(Buffer.from(hashOf(network, signed.author, signed.incarnation, signed.bytes)).toString('hex')).to.equal(vector.hash)
      expect(cidOf(signed.bytes)).to.equal(vector.cid)
      expect(signed.entry).to.include({ kind: vector.kind, seq: vector.seq })
      expect(Buffer.from(encode(signed.entry.body)).toString('hex')).to.equal(vector.body)
      expect(verifyEntry(signed, network)).to.equal(true)
    }
  })

  it('gives one field without decoding the rest, and the same as the decoded body has', () => {
    fc.assert(
      fc.property(entry, fc.gen(), (written, draw) => {
        const path = somePath(written.body, draw)
        const bytes = entryBytes(written)
        const encoded = Buffer.concat([Buffer.alloc(ENTRY_HEAD), bytes])
        expect(bodyField(encoded, path)).to.deep.equal(fieldOf(decode<unknown[]>(bytes)[8], path))
      }),
      { numRuns: 500 }
    )
  })

  it('gives several fields of the body in one walk', () => {
    fc.assert(
      fc.property(entry, fc.gen(), (written, draw) => {
        const bytes = entryBytes(written)
        const encoded = Buffer.concat([Buffer.alloc(ENTRY_HEAD), bytes])
        const said = decode<unknown[]>(bytes)[8]
        // An index selects from a list nowhere but in a path.
        const keys = Array.isArray(said) ? [] : Object.keys(Object(said) as object).filter((key) => /^[ -~]*$/.test(key))
        const names = [...new Set(draw(fc.array<string>, fc.constantFrom(...keys, 'price', 'from')))]
        const known = parseKnownEntry(encoded)
        expect(known && fieldsOfBody(known, names)).to.deep.equal(names.map((name) => fieldOf(said, [name])))
      }),
      { numRuns: 500 }
    )
  })
})
