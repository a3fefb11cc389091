import { ms, NoCandidatePathError } from '@srwan/interface'
import type { Clock, Logger, Member, Milliseconds, PeerIdText, Random, Sid, VerifySignature } from '@srwan/interface'
import { peerIdOfKey } from '@srwan/membership'
import { reconcileColumns } from '@srwan/topology'
import type { LandmarkVector } from '@srwan/topology'
import { decodeEnvelope, decodeGroupColumn, decodeMeasureReply, encodeMeasureRequest, signedOctets } from '@srwan/wire'
import type { GroupColumn } from '@srwan/wire'
import { COLUMN_INTERVALS, COLUMN_TRIES, COLUMN_WORDS, MAX_COLUMNS } from './constants.ts'
import type { BeyondDrop, ColumnFinding } from './beyond.ts'
import { alignVector, knownIn } from './landmark-book.ts'
import type { LandmarkBook, LandmarkEdition } from './landmark-book.ts'
import type { MeasureTransport } from './measure-transport.ts'
import type { RouterIndex } from './router-index.ts'

/** What is known of a router of another group. */
export interface FarColumn {
  /** Of the router with the members of its group. */
  readonly roundTrips: ReadonlyMap<Sid, Milliseconds>
  /** Of it and of the members of its group, in the order of the edition. */
  readonly vectors: ReadonlyMap<Sid, LandmarkVector>
  readonly edition: LandmarkEdition
}

interface Word {
  readonly responder: PeerIdText
  readonly envelope: Uint8Array
  readonly column: GroupColumn
}

export interface ColumnFetcherComponents {
  readonly routers: RouterIndex
  readonly book: LandmarkBook
  readonly transport: MeasureTransport
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** What the fetcher is told once. */
export interface ColumnFetcherInit {
  readonly networkId: string
  readonly pulseInterval: Milliseconds
  readonly onFinding: (finding: ColumnFinding) => void
  readonly onDrop: (reason: BeyondDrop) => void
}

/** Columns of routers of other groups, each by the word of two of its members, kept for a few pulse intervals. */
export class ColumnFetcher {
  readonly #components: ColumnFetcherComponents
  readonly #init: ColumnFetcherInit
  readonly #held = new Map<Sid, { readonly at: Milliseconds; readonly landmarks: string; readonly column: FarColumn }>()

  constructor(components: ColumnFetcherComponents, init: ColumnFetcherInit) {
    this.#components = components
    this.#init = init
  }

  /** @throws NoCandidatePathError where nobody tells anything, or the signal's reason */
  async fetch(router: Member, signal: AbortSignal): Promise<FarColumn> {
    const { clock, book } = this.#components
    const held = this.#held.get(router.sid)
    const isFresh = held !== undefined && clock.now() - held.at < COLUMN_INTERVALS * this.#init.pulseInterval
    if (isFresh && held.landmarks === book.landmarks.join()) return held.column
    const column = this.#combine(router, await this.#ask(router, signal))
    this.#held.delete(router.sid)
    this.#held.set(router.sid, { at: clock.now(), landmarks: book.landmarks.join(), column })
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= MAX_COLUMNS) break
      this.#held.delete(oldest)
    }
    return column
  }

  /** The router itself first, whose word on its own column nobody can forge; then others by chance. */
  async #ask(router: Member, signal: AbortSignal): Promise<readonly Word[]> {
    const { routers, random } = this.#components
    const others = routers
      .companions(router)
      .map((member) => ({ member, draw: random.next() }))
      .sort((a, b) => a.draw - b.draw)
      .map(({ member }) => member)
    const asked = [router, ...others].slice(0, COLUMN_TRIES)
    const words: Word[] = []
    while (words.length < COLUMN_WORDS && asked.length > 0) {
      const now = asked.splice(0, COLUMN_WORDS - words.length)
      const heard = await Promise.all(now.map(async (member) => await this.#askOne(member, router, signal)))
      words.push(...heard.filter((word) => word !== undefined))
      signal.throwIfAborted()
    }
    if (words.length === 0) throw new NoCandidatePathError(`no member of the group of ${router.sid} tells its column`)
    return words
  }

  async #askOne(member: Member, router: Member, signal: AbortSignal): Promise<Word | undefined> {
    const { transport, verify, logger } = this.#components
    const { networkId, onDrop } = this.#init
    try {
      const request = encodeMeasureRequest({ kind: 'column', router: router.peerId })
      const { column: envelope, refusal } = decodeMeasureReply(await transport.exchange(member, ({ ask }) => ask(request), signal))
      if (refusal !== '') return undefined
      const { payload, signer, signature } = decodeEnvelope(envelope)
      const isGenuine = peerIdOfKey(signer) === member.peerId && (await verify(member.peerId, signedOctets('srwan-measure', networkId, payload), signature))
      const column = decodeGroupColumn(networkId, payload)
      if (isGenuine && column.router === router.sid) return { responder: member.peerId, envelope, column }
      onDrop('columnForged')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_MALFORMED_MESSAGE') onDrop('columnMalformed')
      logger.debug('a member of another group tells no column', { member: member.sid, error })
    }
    return undefined
  }

  #combine(router: Member, words: readonly Word[]): FarColumn {
    const { book, clock } = this.#components
    const [first, second] = words
    const { roundTrips, differences } = reconcileColumns(tripsOf(first), second === undefined ? undefined : tripsOf(second))
    if (first !== undefined && second !== undefined && differences.length > 0) {
      const responders = [first.responder, second.responder] as const
      this.#init.onFinding({ router: router.sid, responders, differences, envelopes: [first.envelope, second.envelope], at: clock.wallTime() })
    }
    const vectors = new Map<Sid, LandmarkVector>()
    const edition = book.editionFor(words.flatMap(({ column }) => column.landmarks))
    for (const { column } of words) {
      column.members.forEach((member, index) => {
        const vector = alignVector(edition, column.landmarks, column.vectors[index] ?? [])
        const isBetter = knownIn(vector) > knownIn(vectors.get(member))
        if (isBetter) vectors.set(member, vector)
      })
    }
    return { roundTrips: new Map([...roundTrips].filter(([, trip]) => trip > 0).map(([sid, trip]) => [sid, ms(trip)])), vectors, edition }
  }
}

function tripsOf(word: Word | undefined): ReadonlyMap<Sid, Milliseconds> {
  const trips = new Map<Sid, Milliseconds>()
  word?.column.members.forEach((member, index) => {
    const trip = word.column.trips[index]
    if (trip !== undefined) trips.set(member, trip)
  })
  return trips
}
