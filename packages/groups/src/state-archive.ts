import { decodeGroupState, encodeGroupState, hashOfEncoding } from './group-state-codec.ts'
import type { GroupState } from './group-state.ts'

/** States of the last epochs that are kept whole, all together; the newest is kept in any case. */
const MAX_KEPT_OCTETS = 8 * 1024 * 1024
/** Hashes kept: those of the retention. */
const MAX_HASHES = 192

/** One state as it is given to others. */
export interface ArchivedState {
  readonly epoch: number
  readonly hash: Uint8Array
  /** `undefined` where only the hash is kept. */
  readonly encoded?: Uint8Array | undefined
}

/** The states of the last epochs: their hashes for the tries, and as many whole ones as fit, for those who join later and for the next life. */
export class StateArchive {
  /** In the order of epochs. */
  readonly #states = new Map<number, ArchivedState>()

  at(epoch: number): ArchivedState | undefined {
    return this.#states.get(epoch)
  }

  /** Epoch of the last state up to one; `undefined` where none is known. */
  lastUpTo(epoch: number): number | undefined {
    let last: number | undefined
    for (const known of this.#states.keys()) if (known <= epoch && known > (last ?? -1)) last = known
    return last
  }

  /** Whole states from an epoch on, oldest first. */
  encodedFrom(epoch: number): readonly (ArchivedState & { readonly encoded: Uint8Array })[] {
    return [...this.#states.values()].filter((state): state is ArchivedState & { readonly encoded: Uint8Array } => state.epoch >= epoch && state.encoded !== undefined)
  }

  /** Takes the state of the next epoch. */
  add(state: GroupState): void {
    const encoded = encodeGroupState(state)
    this.#states.set(state.epoch, { epoch: state.epoch, hash: hashOfEncoding(encoded), encoded })
    let octets = 0
    for (const kept of [...this.#states.values()].reverse()) {
      octets += kept.encoded?.length ?? 0
      if (octets > MAX_KEPT_OCTETS && kept.epoch !== state.epoch) this.#states.set(kept.epoch, { epoch: kept.epoch, hash: kept.hash })
    }
    for (const epoch of this.#states.keys()) if (this.#states.size > MAX_HASHES || epoch <= state.epoch - MAX_HASHES) this.#states.delete(epoch)
  }

  /** Forgets an epoch and all after it: another state is the anchored one. */
  truncate(from: number): void {
    for (const epoch of this.#states.keys()) if (epoch >= from) this.#states.delete(epoch)
  }
}

/** What a state said to be archived is. @throws MalformedMessageError */
export function readState(encoded: Uint8Array): { readonly state: GroupState; readonly hash: Uint8Array } {
  return { state: decodeGroupState(encoded), hash: hashOfEncoding(encoded) }
}

/** Epoch and hash of an encoded state. @throws MalformedMessageError */
export function stateHash(encoded: Uint8Array): { readonly epoch: number; readonly hash: Uint8Array } {
  const { state, hash } = readState(encoded)
  return { epoch: state.epoch, hash }
}
