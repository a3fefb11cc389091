import { hash } from 'node:crypto'
import { ms } from '@srwan/interface'
import { signedOctets } from '@srwan/wire'
import type { Anchor, AnchorSource, Clock, Milliseconds, Startable, Timer } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import { anchorSigningInput } from './anchor-codec.ts'
import type { HeadTries } from './head-tries.ts'

/** The root of e is signed when e + 2 begins: a whole epoch for what was written last to reach the sealer. */
const SETTLING = 2
/** After a start nothing is sealed for this long, a tenth of an epoch at most: what others wrote meanwhile comes first. */
const CATCHING_UP = 30_000

/** What seals epochs: the organisation's key is at hand only where the network was created. */
export interface EpochSealerComponents {
  readonly replica: Pick<Replica, 'on' | 'off' | 'network' | 'currentEpoch' | 'epochs'>
  readonly tries: HeadTries
  readonly anchors: Pick<AnchorSource, 'at' | 'offer'>
  /** By the organisation's key. Ed25519 signatures are deterministic, which makes the beacon a function of key and epoch. */
  readonly sign: (data: Uint8Array) => Uint8Array
  /** A new anchor is to be spread. */
  readonly publish: (anchor: Anchor) => void
  readonly clock: Clock
}

/** Signs the root of e at the end of e + 1 where the organisation's key is; stands in for the chain in a private network. */
export class EpochSealer implements Startable {
  readonly #components: EpochSealerComponents
  readonly #epochLength: Milliseconds
  #catchingUp: Timer | undefined

  constructor(components: EpochSealerComponents, init: { readonly epochLength: Milliseconds }) {
    this.#components = components
    this.#epochLength = init.epochLength
  }

  start(): Promise<void> {
    this.#components.replica.on('epoch', this.#onEpoch)
    this.#catchingUp = this.#components.clock.setTimeout(
      () => {
        this.#catchingUp = undefined
        this.#onEpoch()
      },
      ms(Math.min(CATCHING_UP, this.#epochLength / 10))
    )
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.replica.off('epoch', this.#onEpoch)
    this.#catchingUp?.cancel()
    return Promise.resolve()
  }

  readonly #onEpoch = (): void => {
    if (this.#catchingUp !== undefined) return
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

  /** Out of the key's one signature of the epoch: nobody without the key knows it early, the key cannot choose it, and after a restart it is the same. */
  #beacon(epoch: number): Uint8Array {
    const { replica, sign } = this.#components
    const number = Buffer.alloc(8)
    number.writeBigUInt64BE(BigInt(epoch))
    return Uint8Array.from(hash('sha256', Buffer.concat([Buffer.from('srwan-beacon'), sign(signedOctets('srwan-beacon', replica.network, number))]), 'buffer'))
  }
}
