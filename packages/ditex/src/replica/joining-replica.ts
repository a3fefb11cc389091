import { LimitExceededError, Listeners, epochAt, ms } from '@srwan/interface'
import { verifyWith } from '@srwan/wire'
import { keyOfAuthor } from '../entry/author-name.ts'
import { MARK_LENGTH, MAX_SEQ } from '../entry/bounds.ts'
import { decodeEntry, signedEntryOf } from '../entry/entry-codec.ts'
import { digestOfEncoded } from '../entry/parsed-entry.ts'
import { MAX_FORK_PROOF, verifyForkProof } from '../log/fork-proof.ts'
import { equalOctets } from '../log/log-state.ts'
import { LogTable } from '../log/log-table.ts'
import { WaitingRoom } from '../log/waiting-room.ts'
import { HeldView } from '../view/held-view.ts'
import { admitEntry, admitForkProof, firstKeptEpoch } from './admission.ts'
import { ArrivalOrder } from './arrivals.ts'
import { EntryCounts } from './entry-counts.ts'
import { ForkRegister } from './fork-register.ts'
import { JoinBatch } from './join-batch.ts'
import { MAX_FINDINGS, RecordLoader } from './load-records.ts'
import { MAX_OFFERED } from './replica.ts'
import type { ForkProof, LogHead, LogPlace, LogScope, Logger, Milliseconds, PeerIdText, SignedEntry, Timer } from '@srwan/interface'
import type { StoreChange, StoreDamage } from '../store/entry-store.ts'
import type { AdmissionContext } from './admission.ts'
import type { JoinContext, JoinEffect } from './join-batch.ts'
import type { Arrivals, HeadChange, OfferOptions, OfferOutcome, Replica, ReplicaComponents, ReplicaEvents, ReplicaInit, Search } from './replica.ts'

/** Length of an epoch where the network says nothing else. */
export const DEFAULT_EPOCH_LENGTH = ms(3_600_000)
/** Entries joined in one batch of the store: a batch blocks the event loop for about 30 ms of signatures. */
const MAX_BATCH = 256
/** Entries that may wait for their turn; whoever offers more is told to come again. */
const MAX_QUEUED = 16_384
/** The wall clock is looked at this often at least: it may jump. */
const CLOCK_CHECK = ms(600_000)
/** Most entries with the mark that is looked for that are read: an author can make many alike, if it takes the time. */
const MAX_MARKED = 64
/** Arrivals given at once when nothing is asked for. */
const DEFAULT_ARRIVALS = 1024

interface Job {
  readonly entries: readonly Uint8Array[]
  readonly proof?: Uint8Array
  readonly options: OfferOptions
  readonly resolve: (outcomes: readonly OfferOutcome[]) => void
  readonly reject: (cause: unknown) => void
}

/** The replica: one queue of offers, joined batch by batch; memory follows the store, never the other way round. */
export class JoiningReplica implements Replica {
  readonly network: string
  readonly instance: Uint8Array
  readonly view: HeldView
  readonly #components: ReplicaComponents
  readonly #epochLength: Milliseconds
  readonly #log: Logger
  readonly #listeners = new Listeners<ReplicaEvents>((cause) => {
    this.#log.error('a listener of the replica failed', { cause })
  })
  readonly #logs = new LogTable()
  readonly #waiting = new WaitingRoom()
  readonly #forks = new ForkRegister()
  readonly #arrivals = new ArrivalOrder()
  readonly #counts = new EntryCounts()
  readonly #anchored = new Set<number>()
  readonly #admission: AdmissionContext
  readonly #join: JoinContext
  readonly #jobs: Job[] = []
  #findings: readonly StoreDamage[] = []
  #queued = 0
  #turn: Promise<void> = Promise.resolve()
  #running = false
  #epoch: number
  #timer: Timer | undefined

  constructor(components: ReplicaComponents, init: ReplicaInit) {
    this.#components = components
    this.network = init.network
    this.#epochLength = init.epochLength ?? DEFAULT_EPOCH_LENGTH
    this.#log = components.logger.forComponent('srwan:ditex')
    this.instance = components.random.bytes(16)
    this.#epoch = this.currentEpoch()
    this.view = new HeldView({ entry: (place, seq) => this.entry(place, seq), encoded: (records) => this.#encodedOf(records) }, this.#epoch)
    const verify = components.verify ?? verifyWith
    this.#admission = { network: this.network, roster: components.roster, verify, currentEpoch: () => this.currentEpoch() }
    this.#join = {
      network: this.network,
      logs: this.#logs,
      waiting: this.#waiting,
      store: components.store,
      isAnchored: (epoch) => this.#anchored.has(epoch),
      knownFork: (place, incarnation) => this.#forks.at(place, incarnation)
    }
  }

  on<K extends keyof ReplicaEvents>(name: K, listener: (event: ReplicaEvents[K]) => void): void {
    this.#listeners.on(name, listener)
  }

  off<K extends keyof ReplicaEvents>(name: K, listener: (event: ReplicaEvents[K]) => void): void {
    this.#listeners.off(name, listener)
  }

  get damaged(): readonly StoreDamage[] {
    return [...this.#components.store.damaged, ...this.#findings]
  }

  async start(): Promise<void> {
    if (this.#running) return
    await this.#components.store.open()
    await this.#components.store.dropBefore(Math.max(0, firstKeptEpoch(this.currentEpoch())))
    await this.#load()
    this.#running = true
    this.#watchEpochs()
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    this.#timer?.cancel()
    await this.#turn
    await this.#components.store.close()
  }

  currentEpoch(): number {
    return epochAt(this.#components.clock.wallTime(), this.#epochLength)
  }

  epochs(): readonly number[] {
    return this.#logs.epochs()
  }

  offer(encoded: readonly Uint8Array[], options: OfferOptions = {}): Promise<readonly OfferOutcome[]> {
    if (encoded.length === 0) return Promise.resolve([])
    return this.#enqueue({ entries: encoded, options }, encoded.length)
  }

  async offerForkProof(encoded: Uint8Array): Promise<OfferOutcome> {
    if (encoded.length > MAX_FORK_PROOF) return { outcome: 'refused', reason: 'malformed' }
    return (await this.#enqueue({ entries: [], proof: encoded, options: {} }, 1))[0]!
  }

  head(place: LogPlace): LogHead | undefined {
    const log = this.#logs.get(place)
    return log?.known === true ? log.head() : undefined
  }

  holds({ scope, epoch, author, incarnation, seq, hash }: LogHead): boolean {
    const log = this.#logs.get({ scope, epoch, author })
    if (log?.known !== true || log.incarnation < incarnation) return false
    if (log.incarnation > incarnation || (log.forkedAt !== undefined && log.forkedAt <= seq) || seq < 0) return true
    return log.agrees(seq, hash) === true
  }

  heads(scope: LogScope, epoch: number): readonly LogHead[] {
    const heads: LogHead[] = []
    for (const log of this.#logs.logs(scope, epoch)) if (log.known) heads.push(log.head())
    return heads
  }

  async entries(place: LogPlace, fromSeq = 0, limit = MAX_SEQ + 1): Promise<readonly Uint8Array[]> {
    const log = this.#logs.get(place)
    if (log === undefined || fromSeq >= log.length) return []
    return this.#components.store.entries({ ...place, author: log.authorKey }, fromSeq, Math.min(limit, log.length - fromSeq))
  }

  async entry(place: LogPlace, seq: number): Promise<SignedEntry | undefined> {
    const encoded = await this.#encoded(place, seq)
    return encoded === undefined ? undefined : decodeEntry(encoded, this.network)
  }

  async find(digest: Uint8Array): Promise<Search> {
    const { places, scanned } = this.#logs.marked(digest.subarray(0, MARK_LENGTH), MAX_MARKED)
    for (const { place, seq } of places) {
      const [encoded] = await this.entries(place, seq, 1)
      if (encoded !== undefined && equalOctets(digest, digestOfEncoded(encoded))) return { found: encoded, scanned }
    }
    return { scanned }
  }

  async forkProof(place: LogPlace): Promise<ForkProof | undefined> {
    const incarnation = this.#forks.incarnation(place)
    if (incarnation === undefined) return undefined
    const encoded = await this.#components.store.fork({ ...place, author: keyOfAuthor(place.author) }, incarnation)
    return encoded === undefined ? undefined : verifyForkProof(encoded, this.network, this.#admission.verify)
  }

  forkedSince(author: PeerIdText): number | undefined {
    return this.#forks.since(author)
  }

  cursor(scope: LogScope): number {
    return this.#arrivals.count(scope)
  }

  async since(scope: LogScope, cursor: number, limit = DEFAULT_ARRIVALS): Promise<Arrivals | undefined> {
    const arrivals = this.#arrivals.since(scope, cursor, limit)
    if (arrivals === undefined) return undefined
    const next = cursor + arrivals.length
    const more = next < this.#arrivals.count(scope)
    const entries: Uint8Array[] = []
    const forks: ForkProof[] = []
    for (const { place, seq, incarnation } of arrivals) {
      const log = this.#logs.get(place)
      const entry = seq !== undefined && log?.incarnation === incarnation && seq < log.length ? await this.#encoded(place, seq) : undefined
      const fork = seq === undefined ? await this.forkProof(place) : undefined
      if (entry !== undefined) entries.push(entry)
      if (fork !== undefined) forks.push(fork)
    }
    return { cursor: next, more, entries, forks }
  }

  setAnchored(epoch: number): void {
    this.#anchored.add(epoch)
  }

  prune(before: number): Promise<void> {
    return this.#exclusively(() => this.#prune(before))
  }

  async #encoded(place: LogPlace, seq: number): Promise<Uint8Array | undefined> {
    const log = this.#logs.get(place)
    return log === undefined ? undefined : this.#components.store.entry({ epoch: place.epoch, scope: place.scope, author: log.authorKey, seq })
  }

  #encodedOf(records: readonly (LogPlace & { readonly seq: number })[]): Promise<readonly (Uint8Array | undefined)[]> {
    // The key of a log that is held is at hand; a name would have to be decoded.
    const places = records.map(({ epoch, scope, author, seq }) => ({ epoch, scope, seq, author: this.#logs.get({ epoch, scope, author })?.authorKey ?? keyOfAuthor(author) }))
    return this.#components.store.many(places)
  }

  /** What an earlier start that failed half way, or the life before a stop, has in memory is no part of what the store gives now. */
  async #load(): Promise<void> {
    const { store } = this.#components
    this.#forget(Number.POSITIVE_INFINITY)
    const loader = new RecordLoader({ network: this.network, verify: this.#admission.verify, logs: this.#logs, forks: this.#forks, view: this.view })
    for await (const records of store.records()) {
      this.#counts.load(records)
      for (const record of records) loader.add(record)
    }
    this.view.loaded()
    const missing = await this.#counts.missing(store, this.#logs.epochs())
    if (missing.length > 0) await store.write(this.#counts.notes(this.#logs.epochs()), false)
    for (const changes of loader.repairs()) await this.#write(changes, false)
    this.#findings = [...loader.findings, ...missing].slice(0, MAX_FINDINGS)
    if (this.damaged.length > 0) await store.renew().catch((cause: unknown) => this.#log.warn('what is damaged could not be taken out of the files', { cause }))
    for (const damage of this.damaged) this.#log.warn('damaged and dropped; it is fetched again', { ...damage })
    this.#log.debug('loaded', { entries: loader.entries, dropped: loader.dropped })
  }

  #enqueue(work: Pick<Job, 'entries' | 'proof' | 'options'>, cost: number): Promise<readonly OfferOutcome[]> {
    if (!this.#running) return Promise.reject(new LimitExceededError('the replica is not running'))
    if (cost > MAX_OFFERED) return Promise.reject(new LimitExceededError(`${cost} entries offered at once; at most ${MAX_OFFERED}`))
    if (this.#queued + cost > MAX_QUEUED) return Promise.reject(new LimitExceededError(`more than ${MAX_QUEUED} entries wait to be joined`))
    this.#queued += cost
    return new Promise((resolve, reject) => {
      this.#jobs.push({ ...work, resolve, reject })
      // Whoever offers while a batch is written shares the next one.
      if (this.#jobs.length === 1) void this.#exclusively(() => this.#drain())
    })
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch((cause: unknown) => this.#log.error('a replica could not work', { cause }))
    return turn
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length > 0) {
      const jobs: Job[] = []
      let cost = 0
      while (this.#jobs.length > 0 && (cost === 0 || cost + this.#jobs[0]!.entries.length <= MAX_BATCH)) {
        const job = this.#jobs.shift()!
        cost += Math.max(1, job.entries.length)
        jobs.push(job)
      }
      await this.#joinAll(jobs)
      this.#queued -= cost
    }
  }

  async #joinAll(jobs: readonly Job[]): Promise<void> {
    this.#followClock()
    const batch = new JoinBatch(this.#join)
    try {
      const outcomes: (readonly OfferOutcome[])[] = []
      for (const job of jobs) outcomes.push(await this.#joinOne(batch, job))
      const isDurable = jobs.some(({ options }) => options.durable === true)
      if (batch.changes.length > 0) await this.#write(batch.changes, isDurable)
      this.#commit(batch)
      for (const [index, job] of jobs.entries()) job.resolve(outcomes[index]!)
    } catch (cause) {
      for (const job of jobs) job.reject(cause)
    }
  }

  async #write(changes: readonly StoreChange[], sync: boolean): Promise<void> {
    const counted = this.#counts.with(changes)
    await this.#components.store.write(counted.changes, sync)
    counted.written()
  }

  async #joinOne(batch: JoinBatch, job: Job): Promise<OfferOutcome[]> {
    if (job.proof !== undefined) return [await admitForkProof(this.#admission, batch, job.proof)]
    const outcomes: OfferOutcome[] = []
    for (const encoded of job.entries) outcomes.push(await admitEntry(this.#admission, batch, encoded, job.options.trusted === true))
    return outcomes
  }

  /** The store has it: logs, views, cursors and listeners follow. */
  #commit(batch: JoinBatch): void {
    const changed: HeadChange[] = []
    for (const log of batch.logs) {
      const before = this.#logs.get(log.place)
      if (log.known) changed.push({ ...log.head(), ...(before?.known === true ? { before: before.head() } : {}) })
      this.#logs.set(log)
    }
    for (const effect of batch.effects) this.#follow(effect)
    for (const effect of batch.effects) this.#tell(effect)
    for (const head of changed) this.#listeners.emit('head', head)
  }

  #follow(effect: JoinEffect): void {
    if (effect.type === 'dropped') {
      this.view.drop(effect.dropped.place, effect.dropped.incarnation, effect.dropped.fromSeq)
    } else if (effect.type === 'accepted') {
      const { parsed } = effect.claimant
      this.#arrivals.add({ place: effect.place, seq: parsed.seq, incarnation: parsed.incarnation })
      this.view.add(parsed)
    } else {
      this.#forks.add(effect.proof)
      this.#arrivals.add({ place: effect.proof.place, seq: undefined, incarnation: effect.proof.incarnation })
    }
  }

  #tell(effect: JoinEffect): void {
    if (effect.type === 'fork') this.#listeners.emit('fork', effect.proof)
    else if (effect.type === 'accepted' && this.#listeners.has('accepted')) {
      const { parsed } = effect.claimant
      this.#listeners.emit('accepted', { signed: signedEntryOf(parsed, this.network), encoded: parsed.encoded })
    }
  }

  #watchEpochs(): void {
    const { clock } = this.#components
    const left = this.#epochLength - (clock.wallTime() % this.#epochLength)
    this.#timer = clock.setTimeout(
      () => {
        void this.#exclusively(() => Promise.resolve(this.#followClock())).finally(() => this.#running && this.#watchEpochs())
      },
      ms(Math.min(left, CLOCK_CHECK))
    )
  }

  #followClock(): void {
    const epoch = this.currentEpoch()
    if (epoch <= this.#epoch) return
    this.#epoch = epoch
    this.view.enter(epoch)
    this.#listeners.emit('epoch', { epoch })
    void this.prune(firstKeptEpoch(epoch)).catch((cause: unknown) => this.#log.warn('old epochs could not be dropped', { cause }))
  }

  async #prune(before: number): Promise<void> {
    if (before <= 0 || (this.#logs.epochs()[0] ?? before) >= before) return
    await this.#components.store.dropBefore(before)
    this.#forget(before)
    for (const epoch of [...this.#anchored]) if (epoch < before) this.#anchored.delete(epoch)
    this.#listeners.emit('pruned', { before })
  }

  #forget(before: number): void {
    this.#logs.dropBefore(before)
    this.#counts.dropBefore(before)
    this.#waiting.prune(before)
    this.#forks.prune(before)
    this.view.prune(before)
  }
}
