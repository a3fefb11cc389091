import { ANCHOR_LENGTH, decodeAnchor, encodeAnchor } from './anchor-codec.ts'
import { KeptOctets } from './kept-octets.ts'
import { MAX_ANCHORS } from './signed-anchors.ts'
import type { AnchorSource, Startable } from '@srwan/interface'
import type { KeptOctetsComponents } from './kept-octets.ts'

/** What keeping anchors takes. */
export interface KeptAnchorsComponents extends KeptOctetsComponents {
  readonly anchors: AnchorSource
}

/** Gives the anchors of the life before, before anything else happens; whoever signs them must not sign others for the same epochs. */
export class KeptAnchors implements Startable {
  readonly #anchors: AnchorSource
  readonly #kept: KeptOctets

  constructor(components: KeptAnchorsComponents) {
    const { anchors } = components
    this.#anchors = anchors
    this.#kept = new KeptOctets(components, { name: 'anchors', octets: () => Uint8Array.from(Buffer.concat(anchors.after(-1).map(encodeAnchor))) })
  }

  async start(): Promise<void> {
    const octets = await this.#kept.load()
    // Each is verified as if a stranger had brought it, so a damaged file does no harm.
    for (let at = 0; at + ANCHOR_LENGTH <= Math.min(octets?.length ?? 0, MAX_ANCHORS * ANCHOR_LENGTH); at += ANCHOR_LENGTH) {
      const one = octets?.subarray(at, at + ANCHOR_LENGTH)
      if (one !== undefined && one[0] === 0 && one[1] === 0 && one[2] === 0 && one[3] === 0) this.#anchors.offer(decodeAnchor(one))
    }
    this.#anchors.on('change', this.#kept.schedule)
  }

  async stop(): Promise<void> {
    this.#anchors.off('change', this.#kept.schedule)
    await this.#kept.stop()
  }
}
