import { createCipheriv } from 'node:crypto'
import { expect } from 'chai'
import { dataKey, expand, hmac, hopKey, hopRoot, open, pairKeys, publicOf, ratchet, seal, sha256, x25519 } from './golden/key-derivation.ts'
import { fromHex, int64, readVectors, toHex, uint } from './golden/octets.ts'
import { encodeBody } from './golden/pair-bodies.ts'
import type { BodyFields } from './golden/pair-bodies.ts'
import { openAtEnd, passHop, sealAtHeadend } from './golden/segment-packet.ts'
import type { SegmentPacketCase } from './golden/segment-packet.ts'
import { sipHash24 } from './golden/sip-hash.ts'

// A second implementation of the wire formats, on node:crypto alone: what it makes must equal, octet for octet, what the native one wrote.

interface Node {
  readonly sid: string
  readonly privateKey: string
  readonly publicKey: string
  readonly keyId: number
}

interface KeyDerivations {
  readonly networkId: string
  readonly pairs: readonly {
    readonly a: Node
    readonly b: Node
    readonly sharedSecret: string
    readonly pairKeyOfA: string
    readonly pairKeyOfB: string
    readonly pairRoot: string
    readonly hopRoots: readonly {
      readonly session: number
      readonly direction: number
      readonly hopRoot: string
      readonly hopKeys: readonly { readonly epoch: number; readonly hopKey: string }[]
    }[]
  }[]
  readonly ratchet: readonly { readonly epoch: number; readonly chainKey: string; readonly dataKey: string }[]
}

interface PairPackets {
  readonly senderSid: string
  readonly senderPublicKey: string
  readonly receiverPublicKey: string
  readonly pairKeyOfSender: string
  readonly cases: readonly { readonly name: string; readonly kind: number; readonly counter: string; readonly fields: BodyFields; readonly body: string; readonly packet: string }[]
}

const keyId = (publicKey: string): Buffer => sha256(fromHex(publicKey)).subarray(0, 1)

describe('golden vectors', () => {
  describe('primitives', () => {
    const file = readVectors<{
      sipHash24With128Bits: { key: string; outputs: string[] }
      hkdfSha256: { cases: { inputKey: string; salt: string; info: string; prk: string; output: string }[] }
      x25519: { diffieHellman: { alicePrivate: string; bobPublic: string; shared: string } }
      chaCha20Poly1305: { key: string; nonce: string; additionalData: string; plaintext: string; ciphertext: string; tag: string }
      aes256Gcm: { key: string; nonce: string; additionalData: string; plaintext: string; ciphertext: string; tag: string }
    }>('primitives.json')

    it('the SipHash of this test equals the reference', () => {
      const { key, outputs } = file.sipHash24With128Bits
      expect(outputs).to.have.length(64)
      for (const [length, output] of outputs.entries()) {
        expect(
          toHex(
            sipHash24(
              fromHex(key),
              Uint8Array.from({ length }, (_, i) => i)
            )
          )
        ).to.equal(output)
      }
    })

    it('the HKDF of this test equals RFC 5869', () => {
      for (const { inputKey, salt, info, prk, output } of file.hkdfSha256.cases) {
        expect(toHex(hmac(fromHex(salt), fromHex(inputKey)))).to.equal(prk)
        expect(toHex(expand(fromHex(prk), fromHex(info), output.length / 2))).to.equal(output)
      }
    })

    it('the X25519 of this test equals RFC 7748', () => {
      const { alicePrivate, bobPublic, shared } = file.x25519.diffieHellman
      expect(toHex(x25519(fromHex(alicePrivate), fromHex(bobPublic)))).to.equal(shared)
    })

    it('AES-256-GCM equals its vector', () => {
      const { key, nonce, additionalData, plaintext, ciphertext, tag } = file.aes256Gcm
      const cipher = createCipheriv('aes-256-gcm', fromHex(key), fromHex(nonce))
      cipher.setAAD(fromHex(additionalData))
      expect(toHex(Buffer.concat([cipher.update(fromHex(plaintext)), cipher.final()]))).to.equal(ciphertext)
      expect(toHex(cipher.getAuthTag())).to.equal(tag)
    })

    it('ChaCha20-Poly1305 equals RFC 8439', () => {
      const { key, nonce, additionalData, plaintext, ciphertext, tag } = file.chaCha20Poly1305
      const cipher = createCipheriv('chacha20-poly1305', fromHex(key), fromHex(nonce), { authTagLength: 16 })
      cipher.setAAD(fromHex(additionalData), { plaintextLength: plaintext.length / 2 })
      expect(toHex(Buffer.concat([cipher.update(fromHex(plaintext)), cipher.final()]))).to.equal(ciphertext)
      expect(toHex(cipher.getAuthTag())).to.equal(tag)
    })
  })

  describe('key derivations', () => {
    const file = readVectors<KeyDerivations>('key-derivations.json')

    it('pair keys, hop roots and hop keys, from both sides', () => {
      for (const pair of file.pairs) {
        expect(toHex(publicOf(fromHex(pair.a.privateKey)))).to.equal(pair.a.publicKey)
        expect(keyId(pair.a.publicKey)[0]).to.equal(pair.a.keyId)
        expect(toHex(x25519(fromHex(pair.a.privateKey), fromHex(pair.b.publicKey)))).to.equal(pair.sharedSecret)
        const keys = pairKeys(file.networkId, fromHex(pair.a.privateKey), fromHex(pair.b.publicKey))
        expect(toHex(keys.ofOwn)).to.equal(pair.pairKeyOfA)
        expect(toHex(keys.ofPeer)).to.equal(pair.pairKeyOfB)
        expect(toHex(keys.root)).to.equal(pair.pairRoot)
        for (const hop of pair.hopRoots) {
          const root = hopRoot(keys.root, hop.session, hop.direction)
          expect(toHex(root)).to.equal(hop.hopRoot)
          for (const { epoch, hopKey: expected } of hop.hopKeys) expect(toHex(hopKey(root, epoch))).to.equal(expected)
        }
      }
    })

    it('the ratchet and the data keys', () => {
      let chainKey = fromHex(file.ratchet[0]?.chainKey ?? '')
      for (const step of file.ratchet) {
        expect(toHex(chainKey)).to.equal(step.chainKey)
        expect(toHex(dataKey(chainKey))).to.equal(step.dataKey)
        chainKey = ratchet(chainKey)
      }
    })
  })

  it('key epochs are recovered as the nearest value, and accepted within one', () => {
    interface Case {
      readonly bits: number
      readonly current: number
      readonly nearest: number | null
      readonly acceptedInGrace: number | null
      readonly acceptedLater: number | null
    }
    for (const one of readVectors<{ cases: Case[] }>('key-epochs.json').cases) {
      const candidates = Array.from({ length: 17 }, (_, i) => one.current - 8 + i).filter((epoch) => ((epoch % 16) + 16) % 16 === one.bits)
      // At equal distance the later one.
      const nearest = candidates.sort((a, b) => Math.abs(a - one.current) - Math.abs(b - one.current) || b - a)[0] ?? NaN
      const valid = nearest >= 0 && nearest <= 0xffffffff ? nearest : null
      const distance = nearest - one.current
      expect(one.nearest, JSON.stringify(one)).to.equal(valid)
      expect(one.acceptedInGrace, JSON.stringify(one)).to.equal(valid !== null && Math.abs(distance) <= 1 ? valid : null)
      expect(one.acceptedLater, JSON.stringify(one)).to.equal(valid !== null && (distance === 0 || distance === 1) ? valid : null)
    }
  })

  describe('segment packets', () => {
    for (const one of readVectors<{ cases: SegmentPacketCase[] }>('segment-packets.json').cases) {
      it(`${one.name}: passes every hop and opens`, () => {
        const packet = fromHex(one.packet)
        for (const [index, segment] of one.segments.entries()) {
          expect(toHex(hopKey(fromHex(segment.hopRoot), one.keyEpoch))).to.equal(segment.hopKey)
          expect(toHex(packet)).to.equal(one.hops[index]?.received)
          expect(toHex(passHop(packet, fromHex(segment.hopKey)))).to.equal(one.hops[index]?.successor)
          expect(toHex(packet)).to.equal(one.hops[index]?.advanced)
        }
        expect(toHex(openAtEnd(packet, fromHex(one.dataKey), one.suite))).to.equal(one.plaintext)
      })

      it(`${one.name}: sealed anew it is the same`, () => {
        expect(toHex(sealAtHeadend(one))).to.equal(one.packet)
      })
    }
  })

  describe('pair-keyed packets', () => {
    const file = readVectors<PairPackets>('pair-packets.json')
    const key = fromHex(file.pairKeyOfSender)

    for (const one of file.cases) {
      it(`${one.name}: fields, body and packet agree`, () => {
        const header = Buffer.concat([
          uint(0x20 | one.kind, 1),
          uint(0, 1),
          keyId(file.senderPublicKey),
          keyId(file.receiverPublicKey),
          uint(0, 4),
          fromHex(file.senderSid),
          uint(one.counter, 8)
        ])
        const packet = fromHex(one.packet)
        expect(toHex(open(key, header.subarray(16), header, packet.subarray(24)))).to.equal(one.body)
        expect(toHex(encodeBody(one.name, one.fields))).to.equal(one.body)
        expect(toHex(Buffer.concat([header, seal(key, header.subarray(16), header, fromHex(one.body))]))).to.equal(one.packet)
      })
    }

    it('a request is 118 octets and no reply is longer', () => {
      const probes = file.cases.filter(({ kind }) => kind === 3).map(({ packet }) => packet.length / 2)
      expect(Math.max(...probes)).to.equal(118)
    })
  })

  it('end-to-end probes are laid out as specified', () => {
    interface Request {
      readonly activateReplyPath: boolean
      readonly replyPath: number
      readonly sequence: number
      readonly t1: string
      readonly replySize: number
      readonly plaintext: string
    }
    interface Reply {
      readonly replyPath: number
      readonly sequence: number
      readonly t1: string
      readonly t2: string
      readonly t3: string
      readonly clockEpoch: number
      readonly plaintext: string
    }
    const { pathProbeRequest: request, pathProbeReply: reply } = readVectors<{ pathProbeRequest: Request; pathProbeReply: Reply }>('data-plaintexts.json')
    const padded = (octets: Buffer, hex: string): string => toHex(octets).padEnd(hex.length, '0')
    const asked = Buffer.concat([
      uint(1, 1),
      uint(request.activateReplyPath ? 1 : 0, 1),
      uint(request.replyPath, 1),
      uint(0, 1),
      uint(request.sequence, 4),
      int64(request.t1),
      uint(request.replySize, 2)
    ])
    expect(padded(asked, request.plaintext)).to.equal(request.plaintext)
    const answered = Buffer.concat([
      uint(2, 1),
      uint(0, 1),
      uint(reply.replyPath, 1),
      uint(0, 1),
      uint(reply.sequence, 4),
      int64(reply.t1),
      int64(reply.t2),
      int64(reply.t3),
      uint(reply.clockEpoch, 2)
    ])
    expect(padded(answered, reply.plaintext)).to.equal(reply.plaintext)
  })

  it("agree on the egress's echo", () => {
    interface Echo {
      readonly final: boolean
      readonly sequence: number
      readonly entries: readonly { readonly epoch: number; readonly pathId: number; readonly octets: string }[]
      readonly plaintext: string
    }
    const { echoes } = readVectors<{ echoes: readonly Echo[] }>('data-plaintexts.json')
    expect(echoes).to.have.length(2)
    for (const { final, sequence, entries, plaintext } of echoes) {
      const head = [uint(3, 1), uint(entries.length, 1), uint(final ? 1 : 0, 1), uint(0, 1), uint(sequence, 4)]
      const rest = entries.flatMap(({ epoch, pathId, octets }) => [uint(pathId, 1), uint(0, 3), uint(epoch, 4), int64(octets)])
      expect(toHex(Buffer.concat([...head, ...rest]))).to.equal(plaintext)
    }
  })
})
