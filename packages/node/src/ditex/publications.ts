import { isDeepStrictEqual } from 'node:util'
import { ms } from '@srwan/interface'
import { columnBody, digestBody } from '@srwan/wire'
import { roundTripsWith } from '@srwan/topology'
import type { Author, Replica, Statement } from '@srwan/ditex'
import type { Clock, GeoIsp, Logger, Milliseconds, Random, Role, RosterSource, Sid, Startable, Timer } from '@srwan/interface'
import type { Measurement } from '@srwan/measurement'
import type { GroupDigest } from '@srwan/wire'

/** For as long as it is not taken back: the author writes it anew in time. */
const STANDING = 192
/** What was measured in one epoch counts until the next is there, and for those who look late. */
const MEASURED = { digest: 3, column: 4 } as const
/** A column each second epoch, half of the authors in each: in every one they would be a tenth of what a full group may send. */
const COLUMN_EPOCHS = 2
/** Columns and digests are written at a random point of the first part of an epoch, so that not everybody writes at once. */
const SPREAD = 0.25
/** A change of the roster comes in bursts. */
const SETTLING = ms(1000)
/** What could not be written is tried again. */
const TRY_AGAIN = ms(60_000)

/** What this node says of itself. */
export interface OwnDescription {
  readonly name: string
  readonly geo: GeoIsp
  readonly roles: readonly Role[]
  /** The signed descriptor as it is exchanged; `undefined` before it is announced. */
  readonly descriptor: () => Uint8Array | undefined
}

/** What publications are made of. */
export interface PublicationsComponents {
  readonly author: Author
  readonly replica: Pick<Replica, 'on' | 'off' | 'view' | 'currentEpoch'>
  readonly roster: RosterSource
  readonly measurement: Pick<Measurement, 'current' | 'fullColumn'>
  /** The group's digest where it is this node's turn to write it. */
  readonly digest: () => { readonly group: number; readonly digest: GroupDigest } | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** What a node writes into the exchange by itself: its router entry, what it sells, its column of each epoch, and its group's digest where it is its turn. */
export class Publications implements Startable {
  readonly #components: PublicationsComponents
  readonly #self: { readonly sid: Sid; readonly description: OwnDescription; readonly epochLength: number }
  readonly #timers = new Set<Timer>()
  #settling: Timer | undefined
  #saidOfItself: string | undefined
  #running = false

  constructor(components: PublicationsComponents, self: { readonly sid: Sid; readonly description: OwnDescription; readonly epochLength: number }) {
    this.#components = components
    this.#self = self
  }

  start(): Promise<void> {
    const { replica, roster } = this.#components
    this.#running = true
    replica.on('epoch', this.#onEpoch)
    roster.on('change', this.#onRoster)
    this.#onRoster()
    this.#onEpoch()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    const { replica, roster } = this.#components
    this.#running = false
    replica.off('epoch', this.#onEpoch)
    roster.off('change', this.#onRoster)
    for (const timer of [...this.#timers, this.#settling]) timer?.cancel()
    this.#timers.clear()
    return Promise.resolve()
  }

  readonly #onRoster = (): void => {
    this.#describeAfter(SETTLING)
  }

  #describeAfter(delay: Milliseconds): void {
    this.#settling?.cancel()
    this.#settling = this.#components.clock.setTimeout(() => {
      void this.#describe()
    }, delay)
  }

  readonly #onEpoch = (): void => {
    const { clock, random } = this.#components
    const timer = clock.setTimeout(
      () => {
        this.#timers.delete(timer)
        void this.#measured()
      },
      ms(random.next() * SPREAD * this.#self.epochLength)
    )
    this.#timers.add(timer)
  }

  /** The router entry and the listing, where they are not what is live already. */
  async #describe(): Promise<void> {
    const { description, sid } = this.#self
    const descriptor = description.descriptor()
    if (descriptor === undefined) return
    const said = Buffer.from(descriptor).toString('base64')
    if (said === this.#saidOfItself) return
    this.#saidOfItself = said
    const written = await this.#write(
      await this.#notYetSaid([
        { scope: 'global', kind: 'router', key: '', ttl: STANDING, body: routerBody(description, descriptor) },
        // One's own links are measured and never sold: what has a price is listed by whoever sets one.
        { scope: 'global', kind: 'listing', key: sid, ttl: STANDING, body: { from: sid, to: sid, color: 'latency', price: null } }
      ])
    )
    if (written || !this.#running) return
    this.#saidOfItself = undefined
    this.#describeAfter(TRY_AGAIN)
  }

  /** What does not count already: a node that starts again says nothing anew. */
  async #notYetSaid(statements: readonly Statement[]): Promise<readonly Statement[]> {
    const { author, replica } = this.#components
    // What it said before is known when its own heads are.
    await author.ready.catch(() => {})
    const held = await Promise.all(
      statements.map(async ({ kind, key }) => {
        const record = replica.view.get(author.peerId, kind, key)
        return record === undefined ? undefined : replica.view.read(record).catch(() => undefined)
      })
    )
    return statements.filter(({ body }, index) => !isDeepStrictEqual(plain(held[index]?.entry.body), plain(body)))
  }

  #isColumnDue(): boolean {
    const { author, replica } = this.#components
    const epoch = replica.currentEpoch()
    const held = replica.view.get(author.peerId, 'column', '')
    return held === undefined || (held.epoch < epoch && (epoch + Number.parseInt(this.#self.sid.slice(-1), 16)) % COLUMN_EPOCHS === 0)
  }

  async #measured(): Promise<void> {
    const { measurement, digest, clock } = this.#components
    const statements: Statement[] = []
    const column = this.#isColumnDue() ? measurement.fullColumn() : undefined
    if (column !== undefined && column.sids.length > 1) {
      const trips = roundTripsWith(measurement.current(), this.#self.sid, clock.now())
      const body = columnBody({ members: column.sids, column: column.octets, trips: column.sids.map((sid) => trips.get(sid)) })
      statements.push({ scope: 'group', kind: 'column', key: '', ttl: MEASURED.column, body })
    }
    const turn = digest()
    if (turn !== undefined) statements.push({ scope: 'global', kind: 'digest', key: String(turn.group), ttl: MEASURED.digest, body: digestBody(turn.digest) })
    await this.#write(statements)
  }

  /** @returns whether all were written; what failed is told */
  async #write(statements: readonly Statement[]): Promise<boolean> {
    const { author, logger } = this.#components
    const outcomes = await Promise.allSettled(statements.map((statement) => author.append(statement)))
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    if (this.#running) for (const { reason } of failed) logger.warn('an entry could not be written', { error: reason as unknown })
    return failed.length === 0
  }
}

function routerBody({ name, geo, roles }: OwnDescription, descriptor: Uint8Array): Readonly<Record<string, unknown>> {
  const { country, city, lat, lon, asn } = geo
  const place = { country, city, lat, lon, asn }
  return { descriptor, name, roles: [...roles], ...Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)) }
}

/** Octets of either class as one: what comes out of the store is compared with what is to be said. */
function plain(body: unknown): unknown {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('base64')
  if (Array.isArray(body) || typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [[name, plain(value)]])))
}
