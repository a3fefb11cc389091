import { ms, NoCandidatePathError } from '@srwan/interface'
import type { Member, Milliseconds, PeerIdText, Sid } from '@srwan/interface'
import { roundTripsWith, shortlistRelays } from '@srwan/topology'
import type { MeasuredRelay } from '@srwan/topology'
import { HOLD_TIME, MAX_DESTINATIONS, RENEW_AFTER } from './constants.ts'
import { askForLease } from './lease-asker.ts'
import type { BeyondComponents } from './beyond.ts'
import type { ColumnFetcher, FarColumn } from './column-fetcher.ts'
import type { LandmarkBook } from './landmark-book.ts'
import type { LeaseTable } from './lease-table.ts'
import type { RouterIndex } from './router-index.ts'

/** A router of another group that decisions are asked for, and the relays that both ends let in, best first. */
export interface Destination {
  readonly router: Member
  readonly relays: readonly { readonly member: Member; readonly group: 'own' | 'other' }[]
  wantedAt: Milliseconds
  renewedAt: Milliseconds
}

interface Parts {
  readonly routers: RouterIndex
  readonly book: LandmarkBook
  readonly held: LeaseTable
  readonly columns: ColumnFetcher
}

type Wanted = Destination['relays']

/** Gets and renews the leases that paths to other groups need. */
export class Destinations {
  readonly #components: BeyondComponents
  readonly #parts: Parts
  readonly #destinations = new Map<PeerIdText, Destination>()
  #isRenewing = false

  constructor(components: BeyondComponents, parts: Parts) {
    this.#components = components
    this.#parts = parts
  }

  get(sid: Sid): Destination | undefined {
    return [...this.#destinations.values()].find(({ router }) => router.sid === sid)
  }

  /** Leases for the router and for its shortlist. @throws NoCandidatePathError where the router gives none */
  async want(router: Member, signal: AbortSignal): Promise<Destination> {
    const { clock } = this.#components
    const [isIn, column] = await Promise.all([
      this.#lease(router, [], signal),
      this.#parts.columns.fetch(router, signal).catch((error: unknown) => {
        signal.throwIfAborted()
        if (error instanceof NoCandidatePathError) return undefined
        throw error
      })
    ])
    if (isIn === undefined)
      throw new NoCandidatePathError(`${router.sid} gives no lease`, { remedy: 'it may be unreachable, or many others are using it: try again in some minutes' })
    const shortlist = column === undefined ? [] : this.#shortlist(router, column)
    const relays = shortlist.length === 0 ? [] : await this.#leaseAll(router, shortlist, signal)
    const destination = { router, relays, wantedAt: clock.now(), renewedAt: clock.now() }
    this.#destinations.delete(router.peerId)
    this.#destinations.set(router.peerId, destination)
    for (const oldest of this.#destinations.keys()) {
      if (this.#destinations.size <= MAX_DESTINATIONS) break
      this.#destinations.delete(oldest)
    }
    return destination
  }

  /** Renews one destination that is due; lets go those that nobody asked for. */
  tick(now: Milliseconds, signal: AbortSignal, onRenewed: () => void): void {
    for (const [peerId, { wantedAt }] of this.#destinations) if (now - wantedAt >= HOLD_TIME) this.#destinations.delete(peerId)
    const due = [...this.#destinations.values()].find(({ renewedAt }) => now - renewedAt >= RENEW_AFTER)
    if (due === undefined || this.#isRenewing) return
    this.#isRenewing = true
    due.renewedAt = now
    this.#leaseAll(due.router, due.relays, signal)
      .then(onRenewed, () => {})
      .finally(() => {
        this.#isRenewing = false
      })
  }

  #shortlist(router: Member, column: FarColumn): Wanted {
    const { routers, book } = this.#parts
    const { matrix, clock, roster, signer, avoided } = this.#components
    const isRelay = (member: Member | undefined): member is Member =>
      member !== undefined && member.descriptor.roles.includes('transit') && member.descriptor.endpoints.length > 0 && avoided?.current().has(member.sid) !== true
    const near = roundTripsWith(matrix.current(), signer.sid, clock.now())
    const own = roster.current().members.filter((member) => member.sid !== signer.sid && isRelay(member))
    const ownRelays = own.flatMap(({ sid }) => measured(sid, near.get(sid), book.vectorOf(sid, column.edition)))
    const ownSids = new Set(roster.current().members.map(({ sid }) => sid))
    const others = [...column.roundTrips].filter(([sid]) => sid !== router.sid && !ownSids.has(sid) && isRelay(routers.bySid(sid)))
    const otherRelays = others.flatMap(([sid, trip]) => measured(sid, trip, column.vectors.get(sid)))
    const listed = shortlistRelays({ headend: book.own(column.edition), egress: column.vectors.get(router.sid) ?? [], own: ownRelays, other: otherRelays })
    return listed.map(({ sid, group }) => ({ member: routers.bySid(sid) as Member, group }))
  }

  /** A relay of the own group and the egress let each other in; a relay of the other group lets this node in. */
  async #leaseAll(router: Member, wanted: Wanted, signal: AbortSignal): Promise<Wanted> {
    const own = wanted.filter(({ group }) => group === 'own').map(({ member }) => member)
    const [atEgress, ...atRelays] = await Promise.all([
      this.#lease(router, own, signal),
      ...wanted.map(async ({ member, group }) => (group === 'own' ? await this.#introduce(member, router, signal) : (await this.#lease(member, [], signal)) !== undefined))
    ])
    return wanted.filter(({ member, group }, index) => atRelays[index] === true && (group === 'other' || atEgress?.has(member.peerId) === true))
  }

  /** @returns whom the router lets in besides this node; `undefined` where it does not let this node in */
  async #lease(router: Member, others: readonly Member[], signal: AbortSignal): Promise<ReadonlySet<PeerIdText> | undefined> {
    const { signer } = this.#components
    const guests = [signer.peerId, ...others.map(({ peerId }) => peerId)]
    const { granted, expiresAt } = await askForLease(this.#asking(), { router, guests }, signal)
    if (!granted.has(signer.peerId)) return undefined
    const lease = { router: router.peerId, askedBy: signer.peerId, group: undefined }
    return this.#parts.held.grant(lease, expiresAt) ? granted : undefined
  }

  async #introduce(relay: Member, router: Member, signal: AbortSignal): Promise<boolean> {
    const { granted } = await askForLease(this.#asking(), { router: relay, guests: [router.peerId] }, signal)
    return granted.has(router.peerId)
  }

  #asking(): Parameters<typeof askForLease>[0] {
    const { transport, clock, logger } = this.#components
    return { transport, clock, logger: logger.forComponent('srwan:leases') }
  }
}

function measured(sid: Sid, roundTrip: Milliseconds | undefined, vector: MeasuredRelay['vector'] | undefined): readonly MeasuredRelay[] {
  return roundTrip === undefined || vector === undefined ? [] : [{ sid, roundTrip: ms(roundTrip), vector }]
}
