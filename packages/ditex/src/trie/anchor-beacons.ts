import { Listeners } from '@srwan/interface'
import type { Anchor, AnchorSource, BeaconSource, Startable } from '@srwan/interface'

/** The root of e, and the beacon with it, is signed when e + 2 begins: that is the first epoch which nobody could prepare for. */
const LEAD = 2

/** The network's randomness out of its anchors: the beacon of epoch e comes with the root of e − 2. */
export class AnchorBeacons implements BeaconSource, Startable {
  readonly #anchors: AnchorSource
  readonly #listeners = new Listeners<{ change: number }>()

  constructor(anchors: AnchorSource) {
    this.#anchors = anchors
  }

  on(name: 'change', listener: (epoch: number) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (epoch: number) => void): void {
    this.#listeners.off(name, listener)
  }

  start(): Promise<void> {
    this.#anchors.on('change', this.#onAnchor)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#anchors.off('change', this.#onAnchor)
    return Promise.resolve()
  }

  beacon(epoch: number): Uint8Array | undefined {
    return this.#anchors.at(epoch - LEAD)?.beacon
  }

  latest(): number | undefined {
    const latest = this.#anchors.latest()
    return latest === undefined ? undefined : latest.epoch + LEAD
  }

  readonly #onAnchor = ({ epoch }: Anchor): void => {
    this.#listeners.emit('change', epoch + LEAD)
  }
}
