import type { AuthorRoster, PeerIdText } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { HeadTries } from './head-tries.ts'

const ROUTER = { kind: 'router', key: '' } as const
/** Epochs remembered: no entry counts for longer. */
const MAX_NOTED_EPOCHS = 192

/** What a router said of itself last in one anchored epoch. */
interface Note {
  readonly epoch: number
  /** First epoch in which it no longer counts; the epoch itself where it took back what it had said. */
  readonly until: number
}

/** What the routers are read from. */
export interface AnchoredRoutersComponents {
  readonly replica: Pick<Replica, 'heads' | 'view'>
  readonly roster: Pick<AuthorRoster, 'position'>
  readonly tries: Pick<HeadTries, 'epochTrie'>
}

/** Whose router entries count after an anchored epoch: a function of the anchored epochs, the same at all who hold the same. Bounded by the authors whose entries are held. */
export class AnchoredRouters {
  readonly #components: AnchoredRoutersComponents
  readonly #notes = new Map<PeerIdText, readonly Note[]>()
  /** What an anchored state said of everybody: it counts where this node has not all entries of the epochs before. */
  #base: { readonly epoch: number; readonly routers: ReadonlySet<PeerIdText> } | undefined

  constructor(components: AnchoredRoutersComponents) {
    this.#components = components
  }

  /** Reads the router entries that an anchored epoch covers, as far as they are held here; what was written into it after it was sealed does not count. */
  note(epoch: number): void {
    const { replica, roster, tries } = this.#components
    const trie = tries.epochTrie(epoch)
    for (const { author } of replica.heads('global', epoch)) {
      const head = trie.get(roster.position(author, epoch))?.item.heads.global
      if (head === undefined) continue
      const said = replica.view
        .history(author, ROUTER.kind, ROUTER.key)
        .find((record) => record.epoch === epoch && record.scope === 'global' && record.incarnation === head.incarnation && record.seq <= head.seq)
      const others = (this.#notes.get(author) ?? []).filter((note) => note.epoch !== epoch && note.epoch > epoch - MAX_NOTED_EPOCHS)
      const notes = said === undefined ? others : [...others, { epoch, until: said.takesBack === true ? epoch : epoch + said.ttl }]
      if (notes.length === 0) this.#notes.delete(author)
      else this.#notes.set(author, notes)
    }
  }

  /** It is proven who the routers were after an anchored epoch: what was noted before counts no more, what is noted of later epochs does. */
  rebase(anchored: number, routers: Iterable<PeerIdText>): void {
    this.#base = { epoch: anchored, routers: new Set(routers) }
  }

  /** @returns in the order of peer ids: those whose last router entry up to the anchored epoch still counts in the one after it */
  at(anchored: number): readonly PeerIdText[] {
    const base = this.#base !== undefined && this.#base.epoch <= anchored ? this.#base : undefined
    const authors: PeerIdText[] = []
    for (const author of new Set([...this.#notes.keys(), ...(base?.routers ?? [])])) {
      const last = this.#last(author, anchored)
      const isSaidBefore = base !== undefined && (last === undefined || last.epoch <= base.epoch)
      if (isSaidBefore && !base.routers.has(author)) continue
      // Of a proven router without a note the end is not known: until it writes again, or another state is proven.
      if (last === undefined ? isSaidBefore : last.until > anchored + 1) authors.push(author)
    }
    return authors.sort()
  }

  #last(author: PeerIdText, anchored: number): Note | undefined {
    return (this.#notes.get(author) ?? []).reduce<Note | undefined>((latest, note) => (note.epoch <= anchored && note.epoch > (latest?.epoch ?? -1) ? note : latest), undefined)
  }
}
