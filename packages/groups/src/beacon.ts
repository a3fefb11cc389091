import { createHash } from 'node:crypto'
import { LimitExceededError, Listeners, MalformedMessageError } from '@srwan/interface'
import { POSITION_LENGTH } from './constants.ts'
import type { BeaconSource } from '@srwan/interface'

/** Beacons kept: those of the retention. */
const MAX_BEACONS = 192

/** What the organisation signs (domain `srwan-beacon`) to make the beacon of an epoch: its number, 64 bits. */
export function beaconPayload(epoch: number): Uint8Array {
  const payload = Buffer.alloc(8)
  payload.writeBigUInt64BE(BigInt(epoch))
  return new Uint8Array(payload)
}

/**
 * The organisation's beacon: SHA-256(`"srwan-beacon" ‖ signature`). Ed25519 signs one message in one way only, so the organisation has nothing to choose, and nobody else can compute it beforehand.
 *
 * @param signature - 64 octets over `beaconPayload` in its domain
 */
export function beaconOfSignature(signature: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update('srwan-beacon').update(signature).digest())
}

/** Beacons of anchors that somebody has verified. */
export class AnchoredBeacons implements BeaconSource {
  readonly #beacons = new Map<number, Uint8Array>()
  readonly #listeners = new Listeners<{ change: number }>()
  #latest: number | undefined

  on(name: 'change', listener: (epoch: number) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (epoch: number) => void): void {
    this.#listeners.off(name, listener)
  }
  beacon(epoch: number): Uint8Array | undefined {
    return this.#beacons.get(epoch)
  }
  latest(): number | undefined {
    return this.#latest
  }

  /**
   * Takes the beacon of a verified anchor; one that is older than all 192 kept is not taken.
   *
   * @throws MalformedMessageError where it is not 32 octets, LimitExceededError where the epoch already has another one
   */
  add(epoch: number, beacon: Uint8Array): void {
    if (beacon.length !== POSITION_LENGTH) throw new MalformedMessageError(`a beacon has ${POSITION_LENGTH} octets, not ${beacon.length}`)
    const known = this.#beacons.get(epoch)
    if (known !== undefined) {
      if (!Buffer.from(known).equals(beacon)) throw new LimitExceededError(`epoch ${epoch} has another beacon: whoever signs anchors has signed two`)
      return
    }
    if (this.#latest !== undefined && epoch <= this.#latest - MAX_BEACONS) return
    this.#beacons.set(epoch, Uint8Array.from(beacon))
    this.#latest = Math.max(this.#latest ?? epoch, epoch)
    for (const old of this.#beacons.keys()) if (old <= this.#latest - MAX_BEACONS) this.#beacons.delete(old)
    this.#listeners.emit('change', epoch)
  }
}
