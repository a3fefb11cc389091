import { NotAuthorisedError, ms } from '@srwan/interface'
import { OPEN_NUMBER_TOLERANCE } from '@srwan/membership'
import { signOwnRecord } from './own-record.ts'
import type { Clock, Logger, Timer } from '@srwan/interface'
import type { Identity } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'
import type { OwnDescriptor } from './own-record.ts'
import type { RecordOutcome } from './roster-table.ts'

/** A node that meets its own identity elsewhere does not answer number by number. */
const REISSUE_DELAY = ms(10_000)
/** Where descriptors end by themselves they are renewed after a third of the time that they count. */
const RENEWAL = 24 * 3600 * 1000

/** What the announcement works with. */
export interface OwnAnnouncementComponents {
  readonly identity: Identity
  readonly clock: Clock
  readonly logger: Logger
  /** Writes the number to disk. */
  readonly save: () => Promise<void>
  /** Number of this node's descriptor in its own roster; 0 without one. */
  readonly held: () => number
  readonly apply: (record: RosterRecord) => RecordOutcome
  readonly issued: () => void
}

/** What this node shows, and where. */
export interface OwnAnnouncementInit {
  readonly networkId: string
  readonly membership: Uint8Array
  /** Open networks: descriptors end by themselves. */
  readonly isOpen: boolean
}

/** The descriptor of this node: issued under growing numbers, again where others hold a newer one, and in time before it ends. */
export class OwnAnnouncement {
  readonly #components: OwnAnnouncementComponents
  readonly #init: OwnAnnouncementInit
  #descriptor: OwnDescriptor | undefined
  #number = 0
  #reissuing: Timer | undefined
  #reissues = 0

  constructor(components: OwnAnnouncementComponents, init: OwnAnnouncementInit) {
    this.#components = components
    this.#init = init
  }

  /** The last one that was used. */
  get number(): number {
    return this.#number
  }

  /** Of the life before. */
  restore(number: number): void {
    this.#number = number
  }

  /** Sets what is announced, and issues it. @throws NotAuthorisedError where this node is no member */
  async announce(descriptor: OwnDescriptor): Promise<void> {
    this.#descriptor = descriptor
    await this.#issue()
  }

  /** Looked at now and then. */
  renew(): void {
    if (this.#init.isOpen && this.#descriptor !== undefined && this.#components.clock.wallTime() - this.#number >= RENEWAL) this.#issueSoon()
  }

  /**
   * Others hold a newer descriptor of this node than the one it issued: from before a loss of state, or from a second node with the same key.
   *
   * @param issued - number held before
   * @returns whether it looks like a second node
   */
  meet(issued: number): boolean {
    const held = this.#components.held()
    if (held <= issued || this.#reissuing !== undefined) return false
    this.#issueSoon()
    return held > Math.floor(this.#components.clock.wallTime()) - REISSUE_DELAY
  }

  stop(): void {
    this.#reissuing?.cancel()
    this.#reissuing = undefined
  }

  #issueSoon(): void {
    this.#reissuing ??= this.#components.clock.setTimeout(
      () => {
        this.#reissuing = undefined
        this.#issue().catch((error: unknown) => {
          this.#components.logger.error('cannot announce this node', { error })
        })
      },
      this.#reissues++ === 0 ? ms(0) : REISSUE_DELAY
    )
  }

  async #issue(): Promise<void> {
    const { identity, clock, held, save, apply, issued } = this.#components
    const { networkId, membership } = this.#init
    if (this.#descriptor === undefined) return
    // Wall time as the least number: a home restored from an old backup still announces something newer.
    this.#number = Math.max(this.#usable(this.#number), this.#usable(held()), Math.floor(clock.wallTime())) + 1
    await save()
    const outcome = apply(await signOwnRecord(identity, networkId, { membership, descriptor: this.#descriptor, number: this.#number }))
    if (outcome.kind === 'refused') throw new NotAuthorisedError(`this node is no member: ${outcome.reason}`, { remedy: 'ask whoever runs the network for a new invitation' })
    issued()
  }

  /** In an open network a number is a date. One from a clock that was far ahead has been taken by nobody, and would be taken by nobody for as long as it is ahead. */
  #usable(number: number): number {
    return this.#init.isOpen && number > this.#components.clock.wallTime() + OPEN_NUMBER_TOLERANCE ? 0 : number
  }
}
