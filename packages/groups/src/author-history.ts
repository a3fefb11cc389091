import type { GroupState, PlacedRouter } from './group-state.ts'
import type { GroupMap, PeerIdText } from '@srwan/interface'

/** Where a router stood, from an epoch on until the next span. */
interface Span {
  readonly from: number
  /** `undefined`: it was not in the roster. */
  readonly router: Pick<PlacedRouter, 'position'> | undefined
  readonly group: number | undefined
}

/** Who was in which group at which epoch, as changes only: 192 epochs of 10,000 routers fit in some tens of megabytes. */
export class AuthorHistory {
  readonly #retention: number
  readonly #spans = new Map<PeerIdText, Span[]>()
  /** Number of groups, as changes. */
  #counts: { readonly from: number; readonly groups: number }[] = []
  #first: number | undefined
  #last: number | undefined

  /** @param retention - epochs kept */
  constructor(retention: number) {
    this.#retention = retention
  }

  /** Epochs that it knows of, both included. */
  range(): readonly [first: number, last: number] | undefined {
    return this.#first === undefined || this.#last === undefined ? undefined : [this.#first, this.#last]
  }

  /** Takes the state of the next epoch. */
  add(state: GroupState, groups: GroupMap): void {
    this.#first ??= state.epoch
    this.#last = state.epoch
    if (this.#counts.at(-1)?.groups !== groups.groups.length) this.#counts.push({ from: state.epoch, groups: groups.groups.length })
    const present = new Set<PeerIdText>()
    for (const router of state.routers) {
      present.add(router.peerId)
      this.#note(router.peerId, { from: state.epoch, router, group: groups.groupOf(router.peerId) })
    }
    for (const { peerId } of state.guests) {
      present.add(peerId)
      this.#note(peerId, { from: state.epoch, router: { position: new Uint8Array(0) }, group: undefined })
    }
    for (const peerId of this.#spans.keys()) if (!present.has(peerId)) this.#note(peerId, { from: state.epoch, router: undefined, group: undefined })
    this.#forget(state.epoch - this.#retention)
  }

  /** Forgets an epoch and all after it. */
  truncate(from: number): void {
    if (this.#first === undefined || this.#last === undefined || from > this.#last) return
    for (const [peerId, spans] of this.#spans) {
      const kept = spans.filter((span) => span.from < from)
      if (kept.length === 0) this.#spans.delete(peerId)
      else this.#spans.set(peerId, kept)
    }
    this.#counts = this.#counts.filter((count) => count.from < from)
    this.#last = from - 1
    if (this.#last >= this.#first) return
    this.#first = undefined
    this.#last = undefined
  }

  /** @returns what was so at an epoch; an epoch outside the range counts as its nearest */
  at(peerId: PeerIdText, epoch: number): Span | undefined {
    const spans = this.#spans.get(peerId)
    if (spans === undefined || this.#first === undefined) return undefined
    const when = Math.max(epoch, this.#first)
    return spans.findLast(({ from }) => from <= when)
  }

  /** How many groups there were at an epoch, with the same reading of epochs outside the range; `undefined` while nothing is known. */
  groupsAt(epoch: number): number | undefined {
    const when = Math.max(epoch, this.#first ?? epoch)
    return this.#counts.findLast(({ from }) => from <= when)?.groups
  }

  /** Everybody who was in the roster of an epoch, guests included. */
  present(epoch: number): readonly PeerIdText[] {
    return [...this.#spans.keys()].filter((peerId) => this.at(peerId, epoch)?.router !== undefined)
  }

  /** The members of each group as they stood in an epoch; guests are in none. */
  groupsIn(epoch: number): ReadonlyMap<number, readonly PeerIdText[]> {
    const groups = new Map<number, PeerIdText[]>()
    for (const peerId of this.#spans.keys()) {
      const number = this.at(peerId, epoch)?.group
      if (number === undefined) continue
      const members = groups.get(number)
      if (members === undefined) groups.set(number, [peerId])
      else members.push(peerId)
    }
    return groups
  }

  #note(peerId: PeerIdText, span: Span): void {
    const spans = this.#spans.get(peerId) ?? []
    const last = spans.at(-1)
    if (last !== undefined && last.group === span.group && last.router?.position === span.router?.position) return
    if (last !== undefined && last.router?.position.length === 0 && span.router?.position.length === 0) return
    spans.push(span)
    this.#spans.set(peerId, spans)
  }

  #forget(before: number): void {
    if (this.#first === undefined || this.#first >= before) return
    this.#first = before
    this.#counts = this.#counts.filter((_, i) => (this.#counts[i + 1]?.from ?? before + 1) > before)
    for (const [peerId, spans] of this.#spans) {
      while (spans.length > 1 && (spans[1] as Span).from <= before) spans.shift()
      if (spans.length === 1 && spans[0]?.router === undefined) this.#spans.delete(peerId)
    }
  }
}
