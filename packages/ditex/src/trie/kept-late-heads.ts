import { KeptOctets } from './kept-octets.ts'
import type { Startable } from '@srwan/interface'
import type { KeptOctetsComponents } from './kept-octets.ts'
import type { LateHeads } from './late-heads.ts'

/** What keeping late heads takes. */
export interface KeptLateHeadsComponents extends KeptOctetsComponents {
  readonly late: LateHeads
}

/** Gives what was known in the life before of logs that went on after they were anchored; before the anchors are there again, and before anything arrives. */
export class KeptLateHeads implements Startable {
  readonly #components: KeptLateHeadsComponents
  readonly #kept: KeptOctets

  constructor(components: KeptLateHeadsComponents) {
    this.#components = components
    this.#kept = new KeptOctets(components, { name: 'covered heads', octets: () => components.late.encode() })
  }

  async start(): Promise<void> {
    const { late, logger } = this.#components
    const octets = await this.#kept.load()
    if (octets !== undefined && octets.length > 0 && !late.load(octets)) logger.warn('the covered heads of the life before are damaged; other members are asked')
    late.on('change', this.#kept.schedule)
  }

  async stop(): Promise<void> {
    this.#components.late.off('change', this.#kept.schedule)
    await this.#kept.stop()
  }
}
