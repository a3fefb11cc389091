import { MalformedMessageError } from '@srwan/interface'
import type { LogPlace } from '@srwan/interface'
import { decodeAnchor, encodeAnchor } from '../trie/anchor-codec.ts'
import { CoveredTalk } from './covered-talk.ts'
import { checkGreeting, networkTag, shortInstance } from './greeting.ts'
import { SCOPES } from '../trie/shard.ts'
import { keyOfAuthor } from '../entry/author-name.ts'
import { OctetWriter } from './octets.ts'
import { SessionWindow, sameTags } from './session-window.ts'
import { MAX_FRAME, readItems, roomFor, writeItem } from './sync-items.ts'
import { ReceivedEntries } from './received-entries.ts'
import type { CollectedEntries } from './received-entries.ts'
import { SyncListener } from './sync-listener.ts'
import { SyncSpeaker, pushOf } from './sync-speaker.ts'
import { WorkQueue } from './sync-work.ts'
import type { Hello, SyncItem, WindowTags } from './sync-items.ts'
import type { SyncOctets, SyncOutcome, SyncSessionComponents, SyncSessionInit } from './sync-session-types.ts'

/** Octets said in one turn; then it is the other's. */
const MAX_TURN = 1_048_576
/** Logs that changed since the last meeting and are told one by one; with more, the tries are compared. */
const MAX_CHANGED = 24
const NO_INSTANCE = '\0'.repeat(8)

/**
 * One exchange of `/srwan/ditex/sync/1` without its stream: frames in by `receive`, frames out by `respond` whenever it is one's turn. Both sides speak in turns until neither has anything to say.
 */
export class SyncSession {
  readonly #components: SyncSessionComponents
  readonly #init: SyncSessionInit
  readonly #work = new WorkQueue()
  readonly #received: ReceivedEntries
  readonly #covered: CoveredTalk
  #window: SessionWindow | undefined
  #speaker: SyncSpeaker | undefined
  #listener: SyncListener | undefined
  #theirs: Hello | undefined
  #myTurn: boolean
  #greeted = false
  #walked = false
  #agreed = false
  #saidIdle = false
  #heardIdle = false
  #complete = false
  #sent: SyncOctets = { control: 0, entries: 0 }
  #heard: SyncOctets = { control: 0, entries: 0 }
  #pushed = 0

  constructor(components: SyncSessionComponents, init: SyncSessionInit) {
    this.#components = components
    this.#init = init
    this.#myTurn = init.role === 'initiator'
    this.#covered = new CoveredTalk(init.ownLogsFrom === undefined ? components.anchored : undefined)
    this.#received = new ReceivedEntries(components.replica, init.ownLogsFrom !== undefined, (place) => {
      // The peer holds the other branch: with both, everybody can be shown.
      this.#work.add(pushOf(place, 0, 0))
    })
    if (init.role === 'initiator') this.#open(components.replica.currentEpoch(), init.salt)
  }

  /** Whether {@link SyncSession.respond} has something to do. */
  get myTurn(): boolean {
    return this.#myTurn && !this.#complete
  }
  get complete(): boolean {
    return this.#complete
  }
  /** What the peer holds of one's own logs, where that was asked for. */
  get collected(): CollectedEntries {
    return this.#received.collected
  }

  get outcome(): SyncOutcome {
    const { accepted, known, refused } = this.#received
    const cursor = this.#theirs === undefined ? undefined : { instance: this.#theirs.instance, position: this.#theirs.position }
    return {
      equal: this.#agreed,
      complete: this.#complete,
      sent: this.#sent,
      received: this.#heard,
      accepted,
      known,
      refused,
      wanted: this.#listener?.wanted ?? 0,
      pushed: this.#pushed,
      cursor
    }
  }

  /**
   * Takes a frame of the other side; resolves when everything in it is stored.
   *
   * @throws MalformedMessageError where the peer breaks the protocol or sends what cannot be an entry · NotAuthorisedError where it is of another network
   * @throws LimitExceededError, UnavailableResourceError as the replica does
   */
  async receive(frame: Uint8Array): Promise<void> {
    if (this.#myTurn || this.#complete) throw new MalformedMessageError('speaks out of turn')
    const items = readItems(frame)
    const entries = items.reduce((sum, item) => (item.type === 'entry' || item.type === 'fork' ? sum + item.encoded.length : sum), 0)
    this.#heard = { control: this.#heard.control + frame.length - entries, entries: this.#heard.entries + entries }
    for (const item of items) await this.#onItem(item)
    await this.#received.flush()
  }

  /** The frames of one turn, in order. */
  async *respond(): AsyncGenerator<Uint8Array> {
    if (!this.myTurn) return
    this.#myTurn = false
    let out = new OctetWriter(MAX_FRAME)
    let said = 0
    for await (const item of this.#items(() => said > MAX_TURN)) {
      const room = roomFor(item)
      if (room > out.room) {
        yield this.#count(out)
        out = new OctetWriter(MAX_FRAME)
      }
      const before = out.length
      writeItem(out, item)
      said += out.length - before
      this.#noteSent(item)
    }
    yield this.#count(out)
  }

  #count(out: OctetWriter): Uint8Array {
    this.#sent = { ...this.#sent, control: this.#sent.control + out.length }
    return out.finish()
  }

  #noteSent(item: SyncItem): void {
    if (item.type !== 'entry' && item.type !== 'fork') return
    // Taken off the control octets again: frames are counted whole.
    this.#sent = { control: this.#sent.control - item.encoded.length, entries: this.#sent.entries + item.encoded.length }
    this.#pushed++
  }

  async *#items(enough: () => boolean): AsyncGenerator<SyncItem> {
    const first = !this.#greeted
    const expects = first && (yield* this.#greet())
    if (first && this.#init.role === 'initiator') {
      yield { type: 'turn', idle: false }
      return
    }
    let saidSomething = false
    for await (const item of this.#speaker?.items(enough) ?? []) {
      saidSomething = true
      yield item
    }
    // Last of all, when the entries that the other holds are held here, too.
    for (const item of saidSomething || this.#work.size > 0 ? [] : this.#covered.atTheEnd(this.#received.accepted)) {
      saidSomething = true
      yield item
    }
    yield this.#turn(saidSomething || this.#work.size > 0 || expects, first)
  }

  /** @returns whether the other has something to say to it, if nothing else */
  *#greet(): Generator<SyncItem, boolean> {
    yield this.#hello()
    if (this.#init.ownLogsFrom !== undefined) yield { type: 'own-logs', author: keyOfAuthor(this.#init.self), fromEpoch: this.#init.ownLogsFrom }
    const question = this.#covered.question()
    if (question !== undefined) yield question
    return question !== undefined || this.#expectsAnchors()
  }

  #turn(busy: boolean, first: boolean): SyncItem {
    this.#saidIdle = !busy
    if (busy) return { type: 'turn', idle: false }
    // Equal from the greetings on, and neither side has more to say: over at once.
    if (this.#heardIdle || (this.#agreed && first)) this.#complete = true
    // The greeting has just told them.
    return { type: 'turn', idle: true, ...(first ? {} : { tags: this.#tags() }) }
  }

  #hello(): Hello {
    this.#greeted = true
    const { replica, tries } = this.#components
    const known = this.#init.known ?? { instance: NO_INSTANCE, position: 0 }
    return {
      type: 'hello',
      network: networkTag(replica.network),
      instance: shortInstance(replica.instance),
      position: tries.journal.end,
      epoch: this.#theirs?.epoch ?? replica.currentEpoch(),
      salt: this.#theirs?.salt ?? this.#init.salt,
      known,
      anchored: this.#newest(),
      tags: this.#tags()
    }
  }

  /** Epoch of the newest anchor plus one; 0: none. */
  #newest(): number {
    return (this.#components.anchors?.latest()?.epoch ?? -1) + 1
  }

  /** The other has newer anchors, and has learned only now that they are news here. */
  #expectsAnchors(): boolean {
    return this.#components.anchors !== undefined && this.#init.ownLogsFrom === undefined && (this.#theirs?.anchored ?? 0) > this.#newest()
  }

  #tags(): WindowTags {
    return this.#window?.tags() ?? []
  }

  #open(epoch: number, salt: Uint8Array): void {
    this.#window = new SessionWindow(this.#components, { pair: [this.#init.self, this.#init.peer], epoch, salt })
    this.#speaker = new SyncSpeaker(this.#components, this.#window, this.#work)
    this.#listener = new SyncListener(this.#components, this.#window, { work: this.#work, speaker: this.#speaker })
  }

  async #onItem(item: SyncItem): Promise<void> {
    if (this.#myTurn) throw new MalformedMessageError('goes on after the end of its turn')
    if (item.type === 'hello') this.#onHello(item)
    else if (this.#theirs === undefined || this.#listener === undefined) throw new MalformedMessageError('says something before its greeting')
    else if (item.type === 'entry' || item.type === 'fork') await this.#received.take(item)
    else if (item.type === 'own-logs') this.#onOwnLogs(item)
    else if (item.type === 'anchor' || item.type === 'ask-covered' || item.type === 'covered') await this.#onAnchored(item)
    else if (item.type === 'turn') {
      // What came before it in the frame counts in the comparison.
      await this.#received.flush()
      this.#onTurn(item)
    } else await this.#onComparison(item, this.#listener)
  }

  async #onAnchored(item: Extract<SyncItem, { type: 'anchor' | 'ask-covered' | 'covered' }>): Promise<void> {
    if (item.type === 'anchor') {
      this.#components.anchors?.offer(decodeAnchor(item.encoded))
      return
    }
    if (item.type === 'ask-covered') {
      this.#covered.onQuestion(item)
      return
    }
    // The entries that it is about may have come before it in the frame.
    await this.#received.flush()
    this.#covered.onLeaf(item)
  }

  async #onComparison(
    item: Exclude<SyncItem, { type: 'hello' | 'entry' | 'fork' | 'anchor' | 'own-logs' | 'ask-covered' | 'covered' | 'turn' }>,
    listener: SyncListener
  ): Promise<void> {
    if (item.type !== 'want') this.#walked ||= item.type !== 'changed'
    if (item.type === 'tags') listener.onTags(item)
    else if (item.type === 'leaves') listener.onLeaves(item)
    else if (item.type === 'changed') listener.onChanged(item)
    else if (item.type === 'want') listener.onWant(item)
    else if (item.type === 'chain') await listener.onChain(item)
    else listener.onEpochs(item)
  }

  #onHello(hello: Hello): void {
    if (this.#theirs !== undefined) throw new MalformedMessageError('greets twice')
    checkGreeting(hello, this.#components.replica)
    this.#theirs = hello
    if (this.#init.role === 'responder') this.#open(hello.epoch, hello.salt)
    for (const anchor of this.#components.anchors?.after(hello.anchored - 1) ?? []) this.#work.add({ kind: 'item', item: { type: 'anchor', encoded: encodeAnchor(anchor) } })
    if (this.#init.ownLogsFrom !== undefined) return
    this.#agreed = sameTags(hello.tags, this.#tags())
    if (this.#agreed) return
    const changed = this.#changedSince(hello)
    if (changed !== undefined) for (const place of changed) this.#work.add({ kind: 'changed', place })
    else if (this.#init.role === 'responder') this.#walk(hello.tags)
  }

  #changedSince(hello: Hello): readonly LogPlace[] | undefined {
    const { replica, tries } = this.#components
    return hello.known.instance === shortInstance(replica.instance) ? tries.journal.since(hello.known.position, MAX_CHANGED) : undefined
  }

  #walk(theirs: WindowTags): void {
    this.#walked = true
    this.#listener?.walk(theirs)
  }

  /** Somebody fetches its own logs: nothing else is compared. */
  #onOwnLogs({ author, fromEpoch }: Extract<SyncItem, { type: 'own-logs' }>): void {
    if (Buffer.compare(author, keyOfAuthor(this.#init.peer)) !== 0) throw new MalformedMessageError('asks for the logs of another')
    const { replica } = this.#components
    this.#walked = true
    this.#work.clear()
    for (const epoch of replica.epochs().filter((held) => held >= fromEpoch)) {
      for (const scope of SCOPES) {
        const head = replica.head({ scope, epoch, author: this.#init.peer })
        if (head !== undefined) this.#work.add(pushOf(head, 0))
      }
    }
  }

  #onTurn({ idle, tags }: Extract<SyncItem, { type: 'turn' }>): void {
    this.#myTurn = true
    this.#heardIdle = idle
    if (!idle) return
    if (tags !== undefined) this.#agreed = sameTags(tags, this.#tags())
    // Telling what changed was not enough: compare everything, once.
    if (this.#mustWalk()) this.#walk(tags ?? this.#theirs?.tags ?? [])
    else if (this.#isOver(tags !== undefined)) this.#complete = true
  }

  #mustWalk(): boolean {
    return !this.#agreed && !this.#walked && this.#init.ownLogsFrom === undefined
  }

  #isOver(wasComparedNow: boolean): boolean {
    if (this.#init.ownLogsFrom !== undefined || this.#saidIdle) return true
    return this.#agreed && !wasComparedNow && this.#work.size === 0
  }
}
