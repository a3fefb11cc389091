import { hash } from 'node:crypto'
import type { Anchor, Startable } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import { EMPTY_ROOT } from './merkle-hash.ts'
import { anchorSigningInput } from './anchor-codec.ts'
import type { HeadTries } from './head-tries.ts'
import type { SignedAnchors } from './signed-anchors.ts'

const BEACON_DOMAIN = 'srwan-beacon\0'
/** The root of e is signed when e + 2 begins: a whole epoch for what was written last to reach the sealer. */
const SETTLING = 2

/** What seals epochs: the organisation's key is at hand only where the network was created. */
export interface EpochSealerComponents {
  readonly replica: Pick<Replica, 'on' | 'off' | 'network' | 'currentEpoch' | 'epochs'>
  readonly tries: HeadTries
  readonly anchors: SignedAnchors
  /** By the organisation's key. Ed25519 signatures are deterministic, which makes the beacon a function of key and epoch. */
  readonly sign: (data: Uint8Array) => Uint8Array
  /** A new anchor is to be spread. */
  readonly publish: (anchor: Anchor) => void
}

/** Signs the root of e at the end of e + 1 where the organisation's key is; stands in for the chain in a private network. */
export class EpochSealer implements Startable {
  readonly #components: EpochSealerComponents

  constructor(components: EpochSealerComponents) {
    this.#components = components
  }

  start(): Promise<void> {
    this.#components.replica.on('epoch', this.#onEpoch)
    this.#onEpoch()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.replica.off('epoch', this.#onEpoch)
    return Promise.resolve()
  }

  readonly #onEpoch = (): void => {
    const { replica, anchors } = this.#components
    const due = replica.currentEpoch() - SETTLING
    // After a pause the newest epoch that is due is sealed, and those before it that are held.
    for (const epoch of new Set([...replica.epochs(), due])) if (epoch <= due && anchors.at(epoch) === undefined) this.#seal(epoch)
  }

  #seal(epoch: number): void {
    const { replica, tries, anchors, sign, publish } = this.#components
    const unsigned = { epoch, root: tries.epochTrie(epoch).root, beacon: this.#beacon(epoch) }
    const anchor = { ...unsigned, signature: sign(anchorSigningInput(replica.network, unsigned)) }
    if (anchors.offer(anchor)) publish(anchor)
  }

  /** SHA-256 of the key's signature of the epoch and the beacon before: nobody without the key knows it early, and the key cannot choose it. */
  #beacon(epoch: number): Uint8Array {
    const { replica, anchors, sign } = this.#components
    const statement = Buffer.concat([Buffer.from(`${BEACON_DOMAIN}${replica.network}\0${epoch}\0`), anchors.at(epoch - 1)?.beacon ?? EMPTY_ROOT])
    return Uint8Array.from(hash('sha256', sign(statement), 'buffer'))
  }
}
