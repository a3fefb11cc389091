import { LimitExceededError } from '@srwan/interface'
import { CHECKPOINT_KIND, MAX_INCARNATION, MAX_SEQ, RETENTION_EPOCHS } from '../entry/bounds.ts'
import { lastHead } from './checkpoint-body.ts'
import { greatestIncarnation, recoverOwn } from './own-heads.ts'
import { OwnLogTail } from './own-log-tail.ts'
import type { Logger, LogScope, PeerIdText, SignedEntry } from '@srwan/interface'
import type { OfferOutcome } from '../replica/replica.ts'
import type { ViewRecord } from '../view/entry-view.ts'
import type { Author, AuthorComponents, Statement } from './author.ts'

/** Appends that may wait; whoever says more is told so. */
const MAX_PENDING = 1024
/** Appends in one batch. */
const MAX_TOGETHER = 128
/** Entries that stand are written anew this many epochs before they would go, a few in each, so that no epoch has to carry all of them. */
const REISSUE_AHEAD = 24
const MAX_REISSUED = 64
/** Record of the store that keeps the incarnation. */
const INCARNATION_RECORD = 'incarnation'

interface Pending {
  readonly statement: Statement
  /** Set on what is only written anew: nothing happens where something newer was said. */
  readonly renews?: ViewRecord
  readonly resolve: (entry: SignedEntry | undefined) => void
  readonly reject: (cause: unknown) => void
}

/** The author of a node's own logs: one batch at a time, each on top of what the replica holds. */
export class WritingAuthor implements Author {
  readonly ready: Promise<void>
  readonly #components: AuthorComponents
  readonly #log: Logger
  readonly #pending: Pending[] = []
  readonly #stopping = new AbortController()
  #settleReady: { readonly resolve: () => void; readonly reject: (cause: unknown) => void } | undefined
  #incarnation = 0
  #writing: Promise<void> | undefined
  #started = false

  constructor(components: AuthorComponents) {
    this.#components = components
    this.#log = components.logger.forComponent('srwan:ditex:author')
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject }
    })
    // Who appends awaits it; alone it is nobody's failure.
    this.ready.catch(() => {})
  }

  get peerId(): PeerIdText {
    return this.#components.signer.peerId
  }

  get incarnation(): number {
    return this.#incarnation
  }

  async start(): Promise<void> {
    if (this.#started) return
    this.#started = true
    const kept = await this.#components.store.own(INCARNATION_RECORD)
    this.#incarnation = Math.max(kept?.[0] ?? 0, greatestIncarnation(this.#components.replica, this.peerId))
    this.#components.replica.on('epoch', this.#onEpoch)
    this.#recover().then(this.#settleReady!.resolve, this.#settleReady!.reject)
  }

  async stop(): Promise<void> {
    this.#components.replica.off('epoch', this.#onEpoch)
    this.#stopping.abort(new LimitExceededError('the author was stopped'))
    this.#settleReady?.reject(this.#stopping.signal.reason)
    await this.#writing
    for (const { reject } of this.#pending.splice(0)) reject(this.#stopping.signal.reason)
  }

  async append(statement: Statement): Promise<SignedEntry> {
    if (statement.kind === CHECKPOINT_KIND) throw new LimitExceededError('checkpoints are written by the author itself')
    // What takes back must outlive all that it takes back, or that would count again.
    return (await this.#enqueue(statement.body === null ? { ...statement, ttl: RETENTION_EPOCHS } : statement))!
  }

  #enqueue(statement: Statement, renews?: ViewRecord): Promise<SignedEntry | undefined> {
    if (this.#stopping.signal.aborted) return Promise.reject(this.#stopping.signal.reason as Error)
    if (this.#pending.length >= MAX_PENDING) return Promise.reject(new LimitExceededError(`more than ${MAX_PENDING} entries wait to be written`))
    return new Promise((resolve, reject) => {
      this.#pending.push({ statement, resolve, reject, ...(renews === undefined ? {} : { renews }) })
      this.#writing ??= this.#writeAll()
    })
  }

  async #recover(): Promise<void> {
    const { replica, store } = this.#components
    const unsupplied = await recoverOwn(this.#components, this.#log, this.#stopping.signal)
    this.#stopping.signal.throwIfAborted()
    this.#incarnation = Math.max(this.#incarnation, greatestIncarnation(replica, this.peerId))
    if (unsupplied || store.lost) await this.#raise(this.#incarnation + 1)
  }

  async #raise(incarnation: number): Promise<void> {
    if (incarnation > MAX_INCARNATION) throw new LimitExceededError('this key has lost its entries too often; the node needs a new one')
    await this.#components.store.write([{ type: 'put-own', name: INCARNATION_RECORD, value: Uint8Array.of(incarnation) }], true)
    this.#incarnation = incarnation
    this.#log.warn('own entries were lost; the incarnation is raised', { incarnation })
    const epoch = this.#components.replica.currentEpoch()
    // The new log takes the place of this epoch's old one: what still counts in that is said again.
    await this.#reissue((record) => record.epoch >= epoch && record.incarnation < incarnation, MAX_SEQ)
  }

  async #writeAll(): Promise<void> {
    try {
      await this.ready
    } catch (cause) {
      for (const { reject } of this.#pending.splice(0)) reject(cause)
    }
    while (this.#pending.length > 0) {
      const together = this.#pending.splice(0, MAX_TOGETHER)
      try {
        await this.#write(together)
      } catch (cause) {
        for (const { reject } of together) reject(cause)
      }
    }
    // In the same turn as the look at what is pending: nothing said later is left behind.
    this.#writing = undefined
  }

  /** Signs what was said on top of the present heads, and offers it as one batch. */
  async #write(together: readonly Pending[]): Promise<void> {
    const tails = new Map<LogScope, OwnLogTail>()
    const waiting = new Map<Uint8Array, { readonly pending: Pending; readonly signed: SignedEntry }>()
    for (const pending of together) {
      if (this.#isStale(pending, together)) {
        pending.resolve(undefined)
        continue
      }
      try {
        const { scope } = pending.statement
        const tail = tails.get(scope) ?? this.#tail(scope)
        tails.set(scope, tail)
        const { encoded, signed } = await tail.add(pending.statement)
        waiting.set(encoded, { pending, signed })
      } catch (cause) {
        pending.reject(cause)
      }
    }
    const encoded = [...tails.values()].flatMap((tail) => tail.sealed.map((entry) => entry.encoded))
    const outcomes = await this.#components.replica.offer(encoded, { durable: true, trusted: true })
    for (const [index, entry] of encoded.entries()) {
      const said = waiting.get(entry)
      if (outcomes[index]!.outcome === 'accepted') said?.pending.resolve(said.signed)
      else said?.pending.reject(notTaken(outcomes[index]!))
    }
  }

  #tail(scope: LogScope): OwnLogTail {
    const { replica, signer } = this.#components
    const now = replica.currentEpoch()
    // After a step of the wall clock backwards the last log goes on: an earlier one would say nothing that counts.
    const last = lastHead(replica, this.peerId, scope, now + 1)
    return new OwnLogTail(signer, replica, { scope, epoch: Math.max(now, last?.epoch ?? now), incarnation: this.#incarnation })
  }

  #isStale({ renews, statement: { kind, key } }: Pending, together: readonly Pending[]): boolean {
    if (renews === undefined) return false
    const newest = this.#components.replica.view.history(this.peerId, kind, key)[0]
    if (newest !== undefined && isNewer(newest, renews)) return true
    return together.some((other) => other.renews === undefined && other.statement.kind === kind && other.statement.key === key)
  }

  readonly #onEpoch = ({ epoch }: { readonly epoch: number }): void => {
    void this.#reissue((record) => record.ttl === RETENTION_EPOCHS && record.epoch + record.ttl - epoch <= REISSUE_AHEAD, MAX_REISSUED)
  }

  /** Reads what counts and fits, oldest first, and has it written anew; resolves when it is read. */
  async #reissue(which: (record: ViewRecord) => boolean, limit: number): Promise<void> {
    const { replica } = this.#components
    const due = replica.view.byAuthor(this.peerId).filter(which)
    due.sort((one, other) => one.epoch - other.epoch)
    for (const record of due.slice(0, limit)) {
      const held = await replica.view.read(record).catch(() => undefined)
      const ttl = record.ttl === RETENTION_EPOCHS ? record.ttl : record.epoch + record.ttl - replica.currentEpoch()
      if (held === undefined || ttl <= 0) continue
      const { scope, kind, key, body } = held.entry
      void this.#enqueue({ scope, kind, key, body, ttl }, record).catch((cause: unknown) => this.#log.warn('an entry could not be written anew', { kind, cause }))
    }
  }
}

function isNewer(one: ViewRecord, other: ViewRecord): boolean {
  return one.epoch - other.epoch > 0 || (one.epoch === other.epoch && (one.incarnation - other.incarnation || one.seq - other.seq) > 0)
}

function notTaken(outcome: OfferOutcome): LimitExceededError {
  return new LimitExceededError(`an own entry was not taken: ${outcome.outcome === 'refused' ? outcome.reason : outcome.outcome}`)
}
