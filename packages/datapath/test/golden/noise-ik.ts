import { expand, hmac, publicOf, seal, sha256, x25519 } from './key-derivation.ts'
import { uint } from './octets.ts'

/** Everything that both ends know together; enough to write both messages. */
export interface NoiseIkInput {
  readonly prologue: Uint8Array
  readonly initiator: Uint8Array
  readonly responder: Uint8Array
  readonly initiatorEphemeral: Uint8Array
  readonly responderEphemeral: Uint8Array
  readonly payloads: readonly [Uint8Array, Uint8Array]
}

export interface NoiseIkOutput {
  readonly messages: readonly [Buffer, Buffer]
  readonly handshakeHash: Buffer
  readonly forward: Buffer
  readonly reverse: Buffer
}

const EMPTY = Buffer.alloc(0)

/** SymmetricState of the Noise specification, revision 34. */
class SymmetricState {
  hash: Buffer
  #chainingKey: Buffer
  #key: Buffer = EMPTY
  #nonce = 0

  constructor(prologue: Uint8Array) {
    this.hash = Buffer.alloc(32)
    this.hash.write('Noise_IK_25519_AESGCM_SHA256', 'ascii')
    this.#chainingKey = this.hash
    this.mixHash(prologue)
  }

  mixHash(data: Uint8Array): void {
    this.hash = sha256(this.hash, data)
  }

  mixKey(secret: Uint8Array): void {
    const keys = expand(hmac(this.#chainingKey, secret), EMPTY, 64)
    this.#chainingKey = keys.subarray(0, 32)
    this.#key = keys.subarray(32)
    this.#nonce = 0
  }

  encryptAndHash(plaintext: Uint8Array): Buffer {
    const sealed = seal(this.#key, uint(this.#nonce++, 8), this.hash, plaintext)
    this.mixHash(sealed)
    return sealed
  }

  split(): [Buffer, Buffer] {
    const keys = expand(hmac(this.#chainingKey, EMPTY), EMPTY, 64)
    return [keys.subarray(0, 32), keys.subarray(32)]
  }
}

/** Both messages of Noise_IK_25519_AESGCM_SHA256, written with the keys of both ends: for vectors only. */
export function noiseIk(input: NoiseIkInput): NoiseIkOutput {
  const responder = publicOf(input.responder)
  const initiatorEphemeral = publicOf(input.initiatorEphemeral)
  const responderEphemeral = publicOf(input.responderEphemeral)
  const state = new SymmetricState(input.prologue)
  state.mixHash(responder)
  state.mixHash(initiatorEphemeral)
  state.mixKey(x25519(input.initiatorEphemeral, responder))
  const sealedKey = state.encryptAndHash(publicOf(input.initiator))
  state.mixKey(x25519(input.initiator, responder))
  const first = Buffer.concat([initiatorEphemeral, sealedKey, state.encryptAndHash(input.payloads[0])])
  state.mixHash(responderEphemeral)
  state.mixKey(x25519(input.responderEphemeral, initiatorEphemeral))
  state.mixKey(x25519(input.responderEphemeral, publicOf(input.initiator)))
  const second = Buffer.concat([responderEphemeral, state.encryptAndHash(input.payloads[1])])
  const [forward, reverse] = state.split()
  return { messages: [first, second], handshakeHash: state.hash, forward, reverse }
}
