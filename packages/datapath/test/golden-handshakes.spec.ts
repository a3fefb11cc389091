import { expect } from 'chai'
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
        | 'handshakeHash'
        | 'forwardChainKey'
        | 'reverseChainKey',
        string
      > & {
        session: number
        responseCode: number
        initiationPayload: { handshakeCounter: string; rekeyIntervalMs: number; sessionLifetimeMs: number }
      }
    >('handshakes.json')
    const initiator = fromHex(file.initiatorPrivateKey)
    const responder = fromHex(file.responderPrivateKey)
    const networkId = Buffer.from(file.networkId)
    const prologue = Buffer.concat([Buffer.from('srwan-ik-1'), uint(networkId.length, 2), networkId, uint(file.session, 4), fromHex(file.initiatorSid), fromHex(file.responderSid)])
    expect(toHex(prologue)).to.equal(file.prologue)
    const { handshakeCounter, rekeyIntervalMs, sessionLifetimeMs } = file.initiationPayload
    const noise = noiseIk({
      prologue,
      initiator,
      responder,
      initiatorEphemeral: fromHex(file.initiatorEphemeralPrivateKey),
      responderEphemeral: fromHex(file.responderEphemeralPrivateKey),
      payloads: [Buffer.concat([uint(handshakeCounter, 8), uint(rekeyIntervalMs, 4), uint(sessionLifetimeMs, 4)]), uint(file.responseCode, 1)]
    })
    const packet = (message: number, from: { key: Buffer; sid: string }, receiver: Buffer, content: Buffer): string => {
      const covered = Buffer.concat([uint(0x26, 1), uint(message, 1), keyId(from.key), keyId(receiver), uint(file.session, 4), fromHex(from.sid), content])
      const mac1 = hmac(sha256(Buffer.from('srwan-mac1'), receiver), covered).subarray(0, 16)
      return toHex(Buffer.concat([covered, mac1, Buffer.alloc(16)]))
    }
    expect(packet(1, { key: publicOf(initiator), sid: file.initiatorSid }, publicOf(responder), noise.messages[0])).to.equal(file.initiation)
    expect(packet(2, { key: publicOf(responder), sid: file.responderSid }, publicOf(initiator), noise.messages[1])).to.equal(file.response)
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
