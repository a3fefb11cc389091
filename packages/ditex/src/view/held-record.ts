import { SCOPES, scopeNumber } from '../entry/bounds.ts'
import type { LogScope, PeerIdText } from '@srwan/interface'
import type { ParsedEntry } from '../entry/parsed-entry.ts'
import type { ViewRecord } from './entry-view.ts'

/** What one author says under one kind and key: all entries that are held, newest first, and the one that counts now. */
export interface Slot {
  readonly author: PeerIdText
  readonly kind: string
  readonly key: string
  newest: HeldRecord | undefined
  winner: HeldRecord | undefined
  /** The next slot of the same author and key, of another kind. */
  sibling: Slot | undefined
}

/** An entry without its body, in a few words of memory: a replica holds a million. */
export class HeldRecord implements ViewRecord {
  readonly slot: Slot
  readonly epoch: number
  /** takes back 1 ‖ ttl 8 ‖ seq 8 ‖ incarnation 4 ‖ scope 2. */
  readonly #packed: number
  /** The next older one of the slot. */
  older: HeldRecord | undefined = undefined

  constructor(slot: Slot, entry: ParsedEntry) {
    this.slot = slot
    this.epoch = entry.epoch
    this.#packed = ((entry.takesBack ? 1 : 0) << 22) | (entry.ttl << 14) | (entry.seq << 6) | (entry.incarnation << 2) | scopeNumber(entry.scope)
  }

  get author(): PeerIdText {
    return this.slot.author
  }

  get kind(): string {
    return this.slot.kind
  }

  get key(): string {
    return this.slot.key
  }

  get takesBack(): boolean {
    return this.#packed >> 22 === 1
  }

  get ttl(): number {
    return (this.#packed >> 14) & 0xff
  }

  get seq(): number {
    return (this.#packed >> 6) & 0xff
  }

  get incarnation(): number {
    return (this.#packed >> 2) & 0xf
  }

  get scope(): LogScope {
    return SCOPES[this.#packed & 3]!
  }

  /** First epoch in which it no longer counts. */
  get expiry(): number {
    return this.epoch + this.ttl
  }

  /** Whether it wins over another of its slot. */
  isNewerThan(other: HeldRecord): boolean {
    if (this.epoch !== other.epoch) return this.epoch > other.epoch
    if (this.incarnation !== other.incarnation) return this.incarnation > other.incarnation
    if (this.seq !== other.seq) return this.seq > other.seq
    // One kind belongs to one scope; where an author says otherwise, all replicas still agree.
    return (this.#packed & 3) > (other.#packed & 3)
  }
}
