import { drawPosition, genesisBeacon } from './position.ts'
import type { AuthorHistory } from './author-history.ts'
import type { GroupState } from './group-state.ts'
import type { AuthorRoster, GroupMap, PeerIdText, Sid } from '@srwan/interface'

/** Lists of authors kept in SID order: entries of the current epoch and its neighbours are what is asked for. */
const MAX_LISTS = 4
/** SIDs kept, so that each is hashed once. */
const MAX_SIDS = 200_000

interface ChainedAuthorsInit {
  readonly history: AuthorHistory
  readonly sidOf: (peerId: PeerIdText) => Sid
  readonly networkId: string
  readonly vouched: (peerId: PeerIdText) => boolean
  /** Members that this node knows, and the groups as they are. */
  readonly live: () => { readonly state: GroupState; readonly map: GroupMap }
}

/**
 * Authors by the anchored states. Before the first of them, and for a member that joined after the last one, the members that this node knows count: in a private network the organisation's certificate is what makes an author.
 */
export class ChainedAuthors implements AuthorRoster {
  readonly #init: ChainedAuthorsInit
  readonly #sids = new Map<PeerIdText, Sid>()
  readonly #lists = new Map<number, { readonly of: GroupState; readonly last: number | undefined; readonly list: readonly PeerIdText[] }>()
  readonly #beacon: Uint8Array

  constructor(init: ChainedAuthorsInit) {
    this.#init = init
    this.#beacon = genesisBeacon(init.networkId)
  }

  isAuthor(author: PeerIdText, epoch: number): boolean {
    if (this.#init.vouched(author)) return true
    // The nearest state speaks for epochs that have none: whoever joins after somebody was excluded takes what that one wrote while it was in, like all others did.
    if (this.#init.history.at(author, epoch)?.router !== undefined) return true
    if (this.#isChained(epoch)) return false
    return this.#init.live().map.groupOf(author) !== undefined || this.#isLive(author)
  }

  authors(epoch: number): readonly PeerIdText[] {
    const { state } = this.#init.live()
    const last = this.#init.history.range()?.[1]
    const cached = this.#lists.get(epoch)
    if (cached?.of === state && cached.last === last) return cached.list
    const list = [...(this.#isChained(epoch) ? this.#init.history.present(epoch) : state.routers.map(({ peerId }) => peerId))]
    list.sort((a, b) => (this.#sid(a) < this.#sid(b) ? -1 : 1))
    this.#lists.delete(epoch)
    this.#lists.set(epoch, { of: state, last, list })
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= MAX_LISTS) break
      this.#lists.delete(oldest)
    }
    return list
  }

  groupOf(author: PeerIdText, epoch: number): number | undefined {
    if (this.#isChained(epoch)) {
      const span = this.#init.history.at(author, epoch)
      if (span?.router !== undefined || !this.#init.vouched(author)) return span?.group
    }
    return this.#init.live().map.groupOf(author)
  }

  position(author: PeerIdText, epoch: number): Uint8Array {
    const placed = this.#init.history.at(author, epoch)?.router
    return placed !== undefined && placed.position.length > 0 ? placed.position : drawPosition(this.#beacon, author)
  }

  #isChained(epoch: number): boolean {
    const range = this.#init.history.range()
    return range !== undefined && epoch >= range[0] && epoch <= range[1]
  }

  #isLive(author: PeerIdText): boolean {
    return this.#init.live().state.routers.some(({ peerId }) => peerId === author)
  }

  #sid(peerId: PeerIdText): Sid {
    let sid = this.#sids.get(peerId)
    if (sid === undefined) {
      if (this.#sids.size >= MAX_SIDS) this.#sids.clear()
      sid = this.#init.sidOf(peerId)
      this.#sids.set(peerId, sid)
    }
    return sid
  }
}
