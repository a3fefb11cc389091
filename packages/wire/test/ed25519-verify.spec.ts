import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { KEY_LENGTH, SIGNATURE_LENGTH, verifyByNode, verifyBySodium, verifyWith } from '../src/ed25519-verify.ts'
import { isStrict } from '../src/ed25519-strictness.ts'

interface Vectors {
  readonly message: string
  readonly signatures: readonly { readonly name: string; readonly key: string; readonly signature: string; readonly valid: boolean }[]
}
const { message, signatures } = JSON.parse(readFileSync(new URL('../../spec/vectors/signatures.json', import.meta.url), 'utf8')) as Vectors
const MESSAGE = Buffer.from(message, 'hex')

describe('Ed25519 signatures', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_LENGTH))
  const backends = { Node: verifyByNode, libsodium: verifyBySodium }
  /** As {@link verifyWith} with one of them. */
  const decided = (backend: typeof verifyByNode, ...[publicKey, data, signature]: Parameters<typeof verifyByNode>): boolean => {
    try {
      return isStrict(publicKey, signature) && backend(publicKey, data, signature)
    } catch {
      return false
    }
  }

  it('are checked by libsodium', function () {
    // It has no build for every system; there Node's own library takes its place.
    if (verifyBySodium === undefined) return this.skip()
    expect(verifyBySodium(key, MESSAGE, sign(null, MESSAGE, privateKey))).to.equal(true)
  })

  for (const { name, key, signature, valid } of signatures) {
    it(`${valid ? 'hold' : 'do not hold'}: ${name}`, () => {
      const args = [Buffer.from(key, 'hex'), MESSAGE, Buffer.from(signature, 'hex')] as const
      expect(verifyWith(...args)).to.equal(valid)
      for (const [named, backend] of Object.entries(backends)) if (backend !== undefined) expect(decided(backend, ...args), named).to.equal(valid)
    })
  }

  it('hold for what was signed, of any length and in any place of memory, and for nothing else, by either library', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(40), fc.nat((SIGNATURE_LENGTH + KEY_LENGTH) * 8 - 1), (data, offset, bit) => {
        const place = new Uint8Array(offset + data.length).subarray(offset)
        place.set(data)
        const signed = Uint8Array.from([...sign(null, data, privateKey), ...key])
        const both = (): readonly boolean[] =>
          Object.values(backends).map((backend) => backend === undefined || decided(backend, signed.subarray(SIGNATURE_LENGTH), place, signed.subarray(0, SIGNATURE_LENGTH)))
        expect(both()).to.deep.equal([true, true])
        signed[bit >> 3] = signed[bit >> 3]! ^ (1 << (bit & 7))
        expect(both()).to.deep.equal([false, false])
      }),
      { numRuns: 200 }
    )
  })

  it('are decided alike for octets of any kind', () => {
    const octet = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xec, 0xed, 0xee, 0xff), fc.nat(255))
    const octets = (length: number): fc.Arbitrary<Uint8Array> => fc.array(octet, { minLength: length, maxLength: length }).map((list) => Uint8Array.from(list))
    fc.assert(
      fc.property(octets(KEY_LENGTH), octets(SIGNATURE_LENGTH), fc.uint8Array({ maxLength: 10 }), (any, signature, data) => {
        expect(decided(verifyByNode, any, data, signature)).to.equal(verifyBySodium === undefined ? false : decided(verifyBySodium, any, data, signature))
      }),
      { numRuns: 500 }
    )
  })

  it('never hold where the lengths are wrong', () => {
    for (const length of [0, 31, 33]) expect(verifyWith(new Uint8Array(length), MESSAGE, new Uint8Array(SIGNATURE_LENGTH))).to.equal(false)
    for (const length of [0, 63, 65]) expect(verifyWith(key, MESSAGE, new Uint8Array(length))).to.equal(false)
  })
})
