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

  /** @returns in the order of peer ids: those whose last router entry up to the anchored epoch still counts in the one after it */
  at(anchored: number): readonly PeerIdText[] {
    const authors: PeerIdText[] = []
    for (const [author, notes] of this.#notes) {
      const last = notes.reduce<Note | undefined>((latest, note) => (note.epoch <= anchored && note.epoch > (latest?.epoch ?? -1) ? note : latest), undefined)
      if (last !== undefined && last.until > anchored + 1) authors.push(author)
    }
    return authors.sort()
  }
}
