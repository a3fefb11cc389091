import { ms } from '@srwan/interface'
import type { Anchor, AnchorSource, AuthorRoster, Clock, ForkProof, Logger, PeerIdText, Random, Startable, Timer } from '@srwan/interface'
import { authorOfKey } from '../entry/author-name.ts'
import { encodeForkProof } from '../log/fork-proof.ts'
import { decodeAnchor, encodeAnchor } from '../trie/anchor-codec.ts'
import { OctetReader, OctetWriter } from './octets.ts'
import { Quotas } from './quotas.ts'
import { readItems, roomFor, writeItem } from './sync-items.ts'
import type { AcceptedEntry, OfferOutcome, Replica } from '../replica/replica.ts'
import type { SyncItem } from './sync-items.ts'
import type { Quota } from './token-bucket.ts'

/** Largest gossiped message. */
export const MAX_GOSSIP = 16_384
const GOSSIP_VERSION = 1
/** Own entries of one instant go in one message. */
const BATCH_DELAY = ms(20)
/** Own entries that wait to be sent; what is more goes with the next exchange. */
const MAX_WAITING = 512
/** Fresh entries of one author: a whole log at once is more than anybody needs; what is more goes with exchanges, which an epoch's bounds limit. */
export const AUTHOR_QUOTA: Quota = { burst: 64, perSecond: 0.25 }
/** Authors whose fresh entries are counted at once. */
const MAX_COUNTED_AUTHORS = 4096
/** A proof that many find at once is told by the first few: everybody waits a random part of this. */
const FORK_DELAY = 500
const MAX_TOLD_FORKS = 1024

/** What becomes of a gossiped message: passed on, kept to oneself, or held against the peer that sent it. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'

/** A topic that asks before it passes a message on. */
export interface EntryTopic {
  publish: (data: Uint8Array) => Promise<void>
  /** @param validate - `undefined`: nobody reads any more */
  setValidator: (validate: ((data: Uint8Array) => Promise<GossipVerdict>) | undefined) => void
}

/** What gossip of entries is made of. */
export interface GossipedEntriesComponents {
  readonly replica: Pick<Replica, 'on' | 'off' | 'offer' | 'offerForkProof' | 'currentEpoch'>
  readonly roster: AuthorRoster
  /** `global` carries evidence too. They may be one and the same. */
  readonly topics: { readonly global: EntryTopic; readonly group: EntryTopic }
  readonly anchors?: Pick<AnchorSource, 'offer'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Messages so far. */
export interface GossipCounters {
  readonly sent: number
  readonly sentOctets: number
  readonly received: number
  readonly rejected: number
  readonly muted: number
}

type GossipItem = Extract<SyncItem, { type: 'entry' | 'fork' | 'anchor' }>

/** Spreads fresh own entries, fork proofs and anchors, and takes those of others; an author that writes too fast is muted, and nobody else notices. */
export class GossipedEntries implements Startable {
  readonly #components: GossipedEntriesComponents
  readonly #self: PeerIdText
  readonly #quotas: Quotas<PeerIdText>
  readonly #told = new Set<string>()
  #waiting: AcceptedEntry[] = []
  #timers = new Set<Timer>()
  #counters: GossipCounters = { sent: 0, sentOctets: 0, received: 0, rejected: 0, muted: 0 }

  constructor(components: GossipedEntriesComponents, init: { readonly self: PeerIdText }) {
    this.#components = components
    this.#self = init.self
    this.#quotas = new Quotas(components.clock, AUTHOR_QUOTA, MAX_COUNTED_AUTHORS)
  }

  get counters(): GossipCounters {
    return this.#counters
  }

  start(): Promise<void> {
    const { replica, topics } = this.#components
    replica.on('accepted', this.#onAccepted)
    replica.on('fork', this.#onFork)
    for (const topic of new Set([topics.global, topics.group])) topic.setValidator(this.validate)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    const { replica, topics } = this.#components
    replica.off('accepted', this.#onAccepted)
    replica.off('fork', this.#onFork)
    for (const topic of new Set([topics.global, topics.group])) topic.setValidator(undefined)
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#waiting = []
    return Promise.resolve()
  }

  /** Spreads an anchor. */
  publishAnchor(anchor: Anchor): void {
    this.#publish('global', [{ type: 'anchor', encoded: encodeAnchor(anchor) }])
  }

  /** Takes a message of the topic, and says whether it is worth passing on. Never rejects. */
  readonly validate = async (data: Uint8Array): Promise<GossipVerdict> => {
    this.#add({ received: 1 })
    const items = readGossip(data)
    if (items === undefined) return this.#reject()
    try {
      const verdicts: GossipVerdict[] = []
      for (const item of items) if (item.type !== 'entry') verdicts.push(await this.#takeProof(item))
      const entries = items.flatMap((item) => (item.type === 'entry' ? [item.encoded] : []))
      if (entries.length > 0) verdicts.push(await this.#takeEntries(entries))
      if (verdicts.includes('reject')) return this.#reject()
      return verdicts.includes('accept') ? 'accept' : 'ignore'
    } catch (error) {
      // A full disk, a busy store: no fault of whoever sent it.
      this.#components.logger.debug('gossiped entries could not be taken', { error })
      return 'ignore'
    }
  }

  #reject(): GossipVerdict {
    this.#add({ rejected: 1 })
    return 'reject'
  }

  async #takeProof(item: Exclude<GossipItem, { type: 'entry' }>): Promise<GossipVerdict> {
    if (item.type === 'anchor') {
      if (this.#components.anchors === undefined) return 'accept'
      return this.#components.anchors.offer(decodeAnchor(item.encoded)) ? 'accept' : 'ignore'
    }
    const outcome = await this.#components.replica.offerForkProof(item.encoded)
    if (outcome.outcome === 'refused') return isForged(outcome) ? 'reject' : 'ignore'
    if (outcome.outcome === 'forked') this.#noteTold(`${outcome.place.epoch}/${outcome.place.scope}/${outcome.place.author}/${outcome.seq}`)
    return outcome.outcome === 'known' ? 'ignore' : 'accept'
  }

  async #takeEntries(entries: readonly Uint8Array[]): Promise<GossipVerdict> {
    const { replica, roster } = this.#components
    const keys = entries.map((encoded) => encoded.subarray(0, 32))
    const [first] = keys
    // A message is of one author, so that muting one mutes nobody else.
    if (first === undefined || first.length < 32 || keys.some((key) => Buffer.compare(key, first) !== 0)) return 'reject'
    const author = authorOfKey(Uint8Array.from(first))
    if (!roster.isAuthor(author, replica.currentEpoch())) return 'ignore'
    const quota = this.#quotas.of(author)
    if (quota === undefined || !quota.take(0)) {
      this.#add({ muted: 1 })
      return 'ignore'
    }
    const outcomes = await replica.offer(entries)
    // Only what the author signed and what is new counts against it: nobody can use up another's quota.
    quota.charge(outcomes.filter((outcome) => outcome.outcome === 'accepted' || outcome.outcome === 'early' || outcome.outcome === 'forked').length)
    if (outcomes.some(isForged)) return 'reject'
    return outcomes.some((outcome) => outcome.outcome === 'accepted' || outcome.outcome === 'early') ? 'accept' : 'ignore'
  }

  readonly #onAccepted = (accepted: AcceptedEntry): void => {
    if (accepted.signed.author !== this.#self || this.#waiting.length >= MAX_WAITING) return
    this.#waiting.push(accepted)
    if (this.#waiting.length === 1) this.#after(BATCH_DELAY, this.#flush)
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const topic of ['global', 'group'] as const) {
      const items = waiting.filter(({ signed }) => (signed.entry.scope === 'group') === (topic === 'group')).map(({ encoded }): GossipItem => ({ type: 'entry', encoded }))
      if (items.length > 0) this.#publish(topic, items)
    }
  }

  readonly #onFork = (proof: ForkProof): void => {
    const { epoch, scope, author } = proof.place
    const key = `${epoch}/${scope}/${author}/${proof.seq}`
    this.#after(ms(FORK_DELAY * this.#components.random.next()), () => {
      if (this.#told.has(key)) return
      this.#noteTold(key)
      this.#publish('global', [{ type: 'fork', encoded: encodeForkProof(proof) }])
    })
  }

  #noteTold(key: string): void {
    this.#told.add(key)
    if (this.#told.size > MAX_TOLD_FORKS) this.#told.delete(this.#told.values().next().value ?? key)
  }

  #publish(name: 'global' | 'group', items: readonly GossipItem[]): void {
    for (const message of gossipMessages(items)) {
      this.#add({ sent: 1, sentOctets: message.length })
      this.#components.topics[name].publish(message).catch((error: unknown) => {
        // Whoever did not get it gets it with the next exchange.
        this.#components.logger.debug('entries could not be gossiped', { error })
      })
    }
  }

  #after(delay: ReturnType<typeof ms>, work: () => void): void {
    const timer = this.#components.clock.setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, delay)
    this.#timers.add(timer)
  }

  #add(more: Partial<GossipCounters>): void {
    const { sent, sentOctets, received, rejected, muted } = this.#counters
    this.#counters = {
      sent: sent + (more.sent ?? 0),
      sentOctets: sentOctets + (more.sentOctets ?? 0),
      received: received + (more.received ?? 0),
      rejected: rejected + (more.rejected ?? 0),
      muted: muted + (more.muted ?? 0)
    }
  }
}

function isForged(outcome: OfferOutcome): boolean {
  return outcome.outcome === 'refused' && (outcome.reason === 'malformed' || outcome.reason === 'bad-signature')
}

/** Messages of at most {@link MAX_GOSSIP} octets. */
function* gossipMessages(items: readonly GossipItem[]): Generator<Uint8Array> {
  let out = new OctetWriter(MAX_GOSSIP).uint(GOSSIP_VERSION, 1)
  for (const item of items) {
    if (roomFor(item) > out.room) {
      yield out.finish()
      out = new OctetWriter(MAX_GOSSIP).uint(GOSSIP_VERSION, 1)
    }
    writeItem(out, item)
  }
  yield out.finish()
}

/** @returns `undefined` for what is no message of entries, proofs and anchors */
function readGossip(data: Uint8Array): readonly GossipItem[] | undefined {
  try {
    if (data.length > MAX_GOSSIP || new OctetReader(data).uint(1) !== GOSSIP_VERSION) return undefined
    const items = readItems(data.subarray(1))
    const usable = items.filter((item): item is GossipItem => item.type === 'entry' || item.type === 'fork' || item.type === 'anchor')
    return usable.length === items.length && items.length > 0 ? usable : undefined
  } catch {
    return undefined
  }
}
