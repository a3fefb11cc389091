import { scopeNumber } from '../entry/bounds.ts'
import type { LogPlace, LogScope, PeerIdText } from '@srwan/interface'
import type { LogState } from './log-state.ts'

type Scopes = readonly [Map<PeerIdText, LogState>, Map<PeerIdText, LogState>, Map<PeerIdText, LogState>]

/** Where entries with a mark are, and how many were looked at for it. */
export interface Marked {
  readonly places: readonly { readonly place: LogPlace; readonly seq: number }[]
  readonly scanned: number
}

/** All logs that a replica knows, by epoch, scope and author. */
export class LogTable {
  readonly #epochs = new Map<number, Scopes>()

  get(place: LogPlace): LogState | undefined {
    return this.#epochs.get(place.epoch)?.[scopeNumber(place.scope)]?.get(place.author)
  }

  set(log: LogState): void {
    const { epoch, scope, author } = log.place
    let scopes = this.#epochs.get(epoch)
    if (scopes === undefined) {
      scopes = [new Map(), new Map(), new Map()]
      this.#epochs.set(epoch, scopes)
    }
    scopes[scopeNumber(scope)]!.set(author, log)
  }

  logs(scope: LogScope, epoch: number): Iterable<LogState> {
    return this.#epochs.get(epoch)?.[scopeNumber(scope)]?.values() ?? []
  }

  /** Entries with a mark, the newest epochs first. @param limit - most that are given */
  marked(mark: Uint8Array, limit: number): Marked {
    const places: { readonly place: LogPlace; readonly seq: number }[] = []
    let scanned = 0
    for (const epoch of this.epochs().reverse()) {
      for (const logs of this.#epochs.get(epoch) ?? []) {
        for (const log of logs.values()) {
          for (let seq = log.marked(mark); seq >= 0 && places.length < limit; seq = log.marked(mark, seq + 1)) places.push({ place: log.place, seq })
          scanned += log.length
        }
      }
      if (places.length >= limit) break
    }
    return { places, scanned }
  }

  epochs(): number[] {
    return [...this.#epochs.keys()].sort((a, b) => a - b)
  }

  dropBefore(epoch: number): void {
    for (const held of [...this.#epochs.keys()]) if (held < epoch) this.#epochs.delete(held)
  }
}
