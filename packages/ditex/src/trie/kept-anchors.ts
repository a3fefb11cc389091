import { ms } from '@srwan/interface'
import { ANCHOR_LENGTH, decodeAnchor, encodeAnchor } from './anchor-codec.ts'
import { MAX_ANCHORS } from './signed-anchors.ts'
import type { Clock, Logger, Startable, Timer } from '@srwan/interface'
import type { SignedAnchors } from './signed-anchors.ts'

/** Anchors that come together are written together. */
const SAVE_DELAY = ms(1000)

/** Where the anchors outlive a restart. */
export interface AnchorStore {
  /** What was saved last; `undefined` or whatever is damaged counts as nothing: others have the anchors, too. */
  readonly load: () => Promise<Uint8Array | undefined>
  readonly save: (octets: Uint8Array) => Promise<void>
}

/** What keeping anchors takes. */
export interface KeptAnchorsComponents {
  readonly anchors: SignedAnchors
  readonly store: AnchorStore
  readonly clock: Clock
  readonly logger: Logger
}

/** Gives the anchors of the life before, before anything else happens; whoever signs them must not sign others for the same epochs. */
export class KeptAnchors implements Startable {
  readonly #components: KeptAnchorsComponents
  #timer: Timer | undefined

  constructor(components: KeptAnchorsComponents) {
    this.#components = components
  }

  async start(): Promise<void> {
    const { anchors, store, logger } = this.#components
    const octets = await store.load().catch((error: unknown) => {
      logger.warn('the anchors of the life before cannot be read', { error })
      return undefined
    })
    // Each is verified as if a stranger had brought it, so a damaged file does no harm.
    for (let at = 0; at + ANCHOR_LENGTH <= Math.min(octets?.length ?? 0, MAX_ANCHORS * ANCHOR_LENGTH); at += ANCHOR_LENGTH) {
      const one = octets?.subarray(at, at + ANCHOR_LENGTH)
      if (one !== undefined && one[0] === 0 && one[1] === 0 && one[2] === 0 && one[3] === 0) anchors.offer(decodeAnchor(one))
    }
    anchors.on('change', this.#onAnchor)
  }

  async stop(): Promise<void> {
    this.#components.anchors.off('change', this.#onAnchor)
    if (this.#timer === undefined) return
    this.#timer.cancel()
    await this.#save()
  }

  readonly #onAnchor = (): void => {
    this.#timer ??= this.#components.clock.setTimeout(() => {
      void this.#save()
    }, SAVE_DELAY)
  }

  async #save(): Promise<void> {
    const { anchors, store, logger } = this.#components
    this.#timer = undefined
    await store.save(Uint8Array.from(Buffer.concat(anchors.after(-1).map(encodeAnchor)))).catch((error: unknown) => {
      logger.warn('the anchors cannot be written', { error })
    })
  }
}
