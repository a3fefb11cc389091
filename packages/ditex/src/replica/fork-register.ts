import type { ForkProof, LogPlace, PeerIdText } from '@srwan/interface'

/** Which forks are known; their proofs are in the store. */
export class ForkRegister {
  readonly #logs = new Map<string, { readonly epoch: number; readonly author: PeerIdText; readonly seqs: Map<number, number> }>()
  readonly #since = new Map<PeerIdText, number>()

  add({ place, incarnation, seq }: Pick<ForkProof, 'place' | 'incarnation' | 'seq'>): void {
    const name = nameOf(place)
    const log = this.#logs.get(name) ?? { epoch: place.epoch, author: place.author, seqs: new Map<number, number>() }
    this.#logs.set(name, log)
    log.seqs.set(incarnation, Math.min(seq, log.seqs.get(incarnation) ?? seq))
    this.#since.set(place.author, Math.min(place.epoch, this.#since.get(place.author) ?? place.epoch))
  }

  /** Position of the known fork of one incarnation. */
  at(place: LogPlace, incarnation: number): number | undefined {
    return this.#logs.get(nameOf(place))?.seqs.get(incarnation)
  }

  /** Greatest incarnation of which a fork is known. */
  incarnation(place: LogPlace): number | undefined {
    const seqs = this.#logs.get(nameOf(place))?.seqs
    return seqs === undefined ? undefined : Math.max(...seqs.keys())
  }

  since(author: PeerIdText): number | undefined {
    return this.#since.get(author)
  }

  /** A fork is forgotten with its epoch. */
  prune(before: number): void {
    for (const [name, { epoch }] of this.#logs) if (epoch < before) this.#logs.delete(name)
    this.#since.clear()
    for (const { epoch, author } of this.#logs.values()) this.#since.set(author, Math.min(epoch, this.#since.get(author) ?? epoch))
  }
}

function nameOf(place: LogPlace): string {
  return `${place.epoch}/${place.scope}/${place.author}`
}
