import { expect } from 'chai'
import { createCipheriv } from 'node:crypto'
import { hmac, publicOf, seal, sha256 } from './golden/key-derivation.ts'
import { noiseIk } from './golden/noise-ik.ts'
import { fromHex, readVectors, toHex, uint } from './golden/octets.ts'

const keyId = (publicKey: Uint8Array): Buffer => sha256(publicKey).subarray(0, 1)

describe('golden handshakes', () => {
  it('handshake: both messages with headers and macs, and the keys', () => {
    const file = readVectors<
      Record<
        | 'networkId'
        | 'initiatorSid'
        | 'responderSid'
        | 'initiatorPrivateKey'
        | 'responderPrivateKey'
        | 'initiatorEphemeralPrivateKey'
        | 'responderEphemeralPrivateKey'
        | 'prologue'
        | 'initiation'
        | 'response'
        | 'cookie'
        | 'cookieNonce'
        | 'cookieReply'
        | 'initiationWithCookie'
        | 'handshakeHash'
        | 'forwardChainKey'
        | 'reverseChainKey',
        string
      > & {
        session: number
        responseCode: number
        responseSuite: number
        initiationPayload: { handshakeCounter: string; rekeyIntervalMs: number; sessionLifetimeMs: number; suites: number; preferred: number }
      }
    >('handshakes.json')
    const initiator = fromHex(file.initiatorPrivateKey)
    const responder = fromHex(file.responderPrivateKey)
    const networkId = Buffer.from(file.networkId)
    const prologue = Buffer.concat([Buffer.from('srwan-ik-1'), uint(networkId.length, 2), networkId, uint(file.session, 4), fromHex(file.initiatorSid), fromHex(file.responderSid)])
    expect(toHex(prologue)).to.equal(file.prologue)
    const { handshakeCounter, rekeyIntervalMs, sessionLifetimeMs, suites, preferred } = file.initiationPayload
    const noise = noiseIk({
      prologue,
      initiator,
      responder,
      initiatorEphemeral: fromHex(file.initiatorEphemeralPrivateKey),
      responderEphemeral: fromHex(file.responderEphemeralPrivateKey),
      payloads: [
        Buffer.concat([uint(handshakeCounter, 8), uint(rekeyIntervalMs, 4), uint(sessionLifetimeMs, 4), uint(suites, 1), uint(preferred, 1)]),
        Buffer.concat([uint(file.responseCode, 1), uint(file.responseSuite, 1)])
      ]
    })
    const packet = (message: number, from: { key: Buffer; sid: string }, receiver: Buffer, content: Buffer): string => {
      const covered = Buffer.concat([uint(0x26, 1), uint(message, 1), keyId(from.key), keyId(receiver), uint(file.session, 4), fromHex(from.sid), content])
      const mac1 = hmac(sha256(Buffer.from('srwan-mac1'), receiver), covered).subarray(0, 16)
      return toHex(Buffer.concat([covered, mac1, Buffer.alloc(16)]))
    }
    expect(packet(1, { key: publicOf(initiator), sid: file.initiatorSid }, publicOf(responder), noise.messages[0])).to.equal(file.initiation)
    expect(packet(2, { key: publicOf(responder), sid: file.responderSid }, publicOf(initiator), noise.messages[1])).to.equal(file.response)
    const cookieKey = sha256(Buffer.from('srwan-cookie'), publicOf(responder))
    const sealCookie = createCipheriv('aes-256-gcm', cookieKey, fromHex(file.cookieNonce))
    sealCookie.setAAD(fromHex(file.initiation).subarray(-32, -16))
    const sealed = Buffer.concat([sealCookie.update(fromHex(file.cookie)), sealCookie.final(), sealCookie.getAuthTag()])
    const head = Buffer.concat([uint(0x26, 1), uint(3, 1), keyId(publicOf(responder)), keyId(publicOf(initiator)), uint(file.session, 4), fromHex(file.responderSid)])
    expect(toHex(Buffer.concat([head, fromHex(file.cookieNonce), sealed]))).to.equal(file.cookieReply)
    const proven = fromHex(file.initiation).subarray(0, -16)
    expect(toHex(Buffer.concat([proven, hmac(fromHex(file.cookie), proven).subarray(0, 16)]))).to.equal(file.initiationWithCookie)
    expect(toHex(noise.handshakeHash)).to.equal(file.handshakeHash)
    expect(toHex(noise.forward)).to.equal(file.forwardChainKey)
    expect(toHex(noise.reverse)).to.equal(file.reverseChainKey)
  })

  it('the Noise of this test equals the published vectors', () => {
    interface Vector {
      readonly init_prologue: string
      readonly init_static: string
      readonly init_ephemeral: string
      readonly resp_static: string
      readonly resp_ephemeral: string
      readonly handshake_hash: string
      readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
    }
    for (const vector of readVectors<{ vectors: Vector[] }>('noise-ik.json').vectors) {
      const payload = (index: number): Buffer => fromHex(vector.messages[index]?.payload ?? '')
      const noise = noiseIk({
        prologue: fromHex(vector.init_prologue),
        initiator: fromHex(vector.init_static),
        responder: fromHex(vector.resp_static),
        initiatorEphemeral: fromHex(vector.init_ephemeral),
        responderEphemeral: fromHex(vector.resp_ephemeral),
        payloads: [payload(0), payload(1)]
      })
      expect(noise.messages.map(toHex)).to.deep.equal([vector.messages[0]?.ciphertext, vector.messages[1]?.ciphertext])
      expect(toHex(noise.handshakeHash)).to.equal(vector.handshake_hash)
      for (const [index, { ciphertext }] of vector.messages.entries()) {
        if (index < 2) continue
        expect(toHex(seal(index % 2 === 0 ? noise.forward : noise.reverse, uint(Math.floor(index / 2) - 1, 8), Buffer.alloc(0), payload(index)))).to.equal(ciphertext)
      }
    }
  })
})
