import { scopeNumber } from '../entry/bounds.ts'
import type { LogPlace, LogScope, PeerIdText } from '@srwan/interface'
import type { LogState } from './log-state.ts'

type Scopes = readonly [Map<PeerIdText, LogState>, Map<PeerIdText, LogState>, Map<PeerIdText, LogState>]

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

  epochs(): number[] {
    return [...this.#epochs.keys()].sort((a, b) => a - b)
  }

  dropBefore(epoch: number): void {
    for (const held of [...this.#epochs.keys()]) if (held < epoch) this.#epochs.delete(held)
  }
}
