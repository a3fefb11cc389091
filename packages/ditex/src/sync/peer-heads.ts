import { ms } from '@srwan/interface'
import type { Clock, PeerIdText } from '@srwan/interface'
import type { OwnEntries, PeerHeads } from '../author/author.ts'
import type { CollectedEntries } from './received-entries.ts'
import type { SyncPeers } from './sync-service.ts'

/** Peers asked for one's own logs after a restart. */
const ANSWERS = 2
/** Who could not answer is asked again after this, where nobody else is there. */
const ASK_AGAIN = ms(1000)

/** What asking peers for one's own logs is made of. */
export interface OwnLogsFromPeersComponents {
  readonly peers: SyncPeers
  readonly clock: Clock
  /** Asks one peer; `undefined` where it gave no answer. */
  readonly fetch: (peer: PeerIdText, fromEpoch: number) => Promise<CollectedEntries | undefined>
}

/** Asks peers what they hold of this node's own logs. */
export class OwnLogsFromPeers implements PeerHeads {
  readonly #components: OwnLogsFromPeersComponents

  constructor(components: OwnLogsFromPeersComponents) {
    this.#components = components
  }

  async fetchOwn(_author: PeerIdText, fromEpoch: number, signal: AbortSignal): Promise<OwnEntries> {
    const answers = new Map<PeerIdText, CollectedEntries>()
    while (!signal.aborted && answers.size < ANSWERS) {
      const asked = await this.#askAll(answers, fromEpoch, signal)
      // The only one that there is has answered.
      if (answers.size > 0 && asked === 0) break
      if (answers.size === 0) await this.#waitForPeers(signal)
    }
    const all = [...answers.values()]
    return { peers: answers.size, entries: all.flatMap(({ entries }) => entries), forks: all.flatMap(({ forks }) => forks) }
  }

  /** @returns how many were asked */
  async #askAll(answers: Map<PeerIdText, CollectedEntries>, fromEpoch: number, signal: AbortSignal): Promise<number> {
    const left = this.#components.peers.connected().filter((peer) => !answers.has(peer))
    for (const peer of left) {
      if (signal.aborted || answers.size >= ANSWERS) break
      const answer = await this.#components.fetch(peer, fromEpoch)
      if (answer !== undefined) answers.set(peer, answer)
    }
    // Those that were asked in vain are not asked again where somebody has answered.
    return answers.size > 0 ? 0 : left.length
  }

  #waitForPeers(signal: AbortSignal): Promise<void> {
    const { peers, clock } = this.#components
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        peers.off('connected', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = clock.setTimeout(done, ASK_AGAIN)
      peers.on('connected', done)
      signal.addEventListener('abort', done)
    })
  }
}
